// The box for everything: a combobox with suggestions by kind.
import { useId, useRef, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Cover } from "../../parts/cover";
import { Icon, type IconName } from "../../parts/icon";
import { t } from "../../text";
import { plain } from "../../text/format";
import { choose, examples, found, optionsOf, submit, tryExample, type, typed, words, type Option } from "./search";

const ICONS: Record<Option["group"], IconName> = {
  tracks: "note",
  albums: "album",
  artists: "artist",
  genres: "genre",
  words: "words",
};

/** More would push the list off the screen. */
const MOST_EXAMPLES = 6;

/** A place in a list of so many; -1, none of them, comes between the last and the first. */
const cycled = (place: number, count: number): number => ((place + 1 + count + 1) % (count + 1)) - 1;

function Suggestion({ option, id, active, pick }: { option: Option; id: string; active: boolean; pick: () => void }) {
  const pictured = option.group === "tracks" || option.group === "albums";
  const cover = option.group === "albums" ? `al-${option.chip?.id}` : (option.chip?.id ?? "");
  return (
    <div
      id={id}
      role="option"
      aria-selected={active}
      class="suggestion"
      onMouseDown={(event) => event.preventDefault()}
      onClick={pick}
    >
      {pictured ? <Cover id={cover} like={option.text} size={34} /> : <Icon name={ICONS[option.group]} />}
      <span>
        <strong>{plain(option.text)}</strong>
        {option.note && <span class="soft small">{plain(option.note)}</span>}
      </span>
      <span class="soft small push">{t.value.explore.groups[option.group]}</span>
    </div>
  );
}

export function SearchBox() {
  const s = t.value.explore;
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const [active, setActive] = useState(-1);
  const [open, setOpen] = useState(false);
  const options = optionsOf(found.value);
  const shown = open && typed.value.trim() !== "" && found.value !== null;
  const pick = (option: Option): void => {
    choose(option);
    setActive(-1);
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      setOpen(true);
      setActive(cycled(active + step, options.length));
    } else if (event.key === "Escape") {
      setOpen(false);
      setActive(-1);
    }
  };
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    const chosen = options[active];
    if (shown && chosen) pick(chosen);
    else submit(options);
    setActive(-1);
  };
  return (
    <form class="search" role="search" onSubmit={onSubmit}>
      <label for="search" class="hidden">
        {s.search}
      </label>
      <Icon name="explore" size={22} />
      <input
        id="search"
        ref={input}
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        placeholder={s.placeholder}
        aria-expanded={shown}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={shown && active >= 0 ? `${list}-${active}` : undefined}
        value={typed.value}
        onInput={(event) => {
          type(event.currentTarget.value);
          setActive(-1);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <Button submit look="main">
        {s.searchButton}
      </Button>
      <div id={list} role="listbox" aria-label={s.suggestions} class="suggestions" hidden={!shown || !options.length}>
        {shown &&
          options.map((option, place) => (
            <Suggestion
              key={option.key}
              id={`${list}-${place}`}
              option={option}
              active={place === active}
              pick={() => pick(option)}
            />
          ))}
      </div>
      {shown && !options.length && (
        <p class="suggestions nothing soft" role="status">
          {s.nothing} {!words.value.able && s.noWords}
        </p>
      )}
    </form>
  );
}

export function Examples() {
  const s = t.value.explore;
  if (!examples.value.length) return null;
  return (
    <div class="examples row">
      <span class="soft">{s.examples}</span>
      {examples.value.slice(0, MOST_EXAMPLES).map((example) => (
        <Button key={`${example.kind}:${example.text}`} little onClick={() => tryExample(example)}>
          {plain(example.text)}
          {example.negative ? `, ${s.avoiding(plain(example.negative))}` : ""}
        </Button>
      ))}
    </div>
  );
}
