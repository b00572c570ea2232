// Mode, variety and length; words to avoid, models and how they combine under *more*.
import { useEffect, useId, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { MAX_LIMIT, MERGE_STRATEGIES, MODES } from "../../contract";
import { listModels } from "../../api/people";
import type { MergeStrategy } from "../../api/types";
import { Button } from "../../parts/button";
import { Check, Choice, Slider, TextField } from "../../parts/fields";
import { t } from "../../text";
import { number, percent, plain } from "../../text/format";
import { answer, startOver, want } from "./list";
import { blank, wish } from "./wish";

/** Names of models that this person may ask for. */
const models = signal<string[]>([]);

async function loadModels(): Promise<void> {
  models.value = (await listModels()).models.map((model) => model.name);
}

function Modes() {
  const s = t.value.explore;
  const options = MODES.map((mode) => ({ value: mode, text: s.modes[mode], title: s.modesTold[mode] }));
  const choose = (mode: (typeof MODES)[number]): void => {
    want({ mode });
    if (mode === "text" && !wish.peek().chips.length) document.getElementById("search")?.focus();
  };
  return <Choice label={s.mode} value={wish.value.mode} options={options} onChange={choose} />;
}

function Variety() {
  const s = t.value.explore;
  const value = wish.value.diversity ?? answer.value?.diversity ?? 0.15;
  return (
    <Slider
      label={s.variety}
      value={value}
      least={0}
      most={1}
      step={0.05}
      shown={percent(value)}
      ends={[s.close, s.varied]}
      onInput={(diversity) => want({ diversity }, true)}
    />
  );
}

function Length() {
  const value = wish.value.limit ?? answer.value?.limit ?? 25;
  return (
    <Slider
      label={t.value.explore.length}
      value={Math.min(value, 100)}
      least={5}
      most={Math.min(100, MAX_LIMIT)}
      step={5}
      shown={number(value)}
      onInput={(limit) => want({ limit }, true)}
    />
  );
}

function Avoid() {
  const s = t.value.explore;
  const [text, setText] = useState("");
  const add = (event: Event): void => {
    event.preventDefault();
    const words = text.trim();
    if (words) want({ avoid: [...new Set([...wish.peek().avoid, words])] });
    setText("");
  };
  return (
    <form class="avoid" onSubmit={add}>
      <TextField label={s.avoid} value={text} onInput={setText} />
      <Button submit>{s.avoidAdd}</Button>
      <p class="small soft">{s.avoidTold}</p>
      {wish.value.avoid.length > 0 && (
        <Slider
          label={s.strength}
          value={1 - wish.value.penalty}
          least={0}
          most={0.7}
          step={0.05}
          shown={percent((1 - wish.value.penalty) / 0.7)}
          onInput={(strength) => want({ penalty: Math.round((1 - strength) * 100) / 100 }, true)}
        />
      )}
    </form>
  );
}

function Models() {
  const s = t.value.explore;
  const chosen = wish.value.models;
  const merge = useId();
  useEffect(() => void loadModels().catch(() => undefined), []);
  const toggle = (name: string, on: boolean): void =>
    want({ models: on ? [...chosen, name] : chosen.filter((each) => each !== name) });
  return (
    <fieldset class="stack">
      <legend class="label">{s.models}</legend>
      <p class="small soft">{s.modelsTold}</p>
      <div class="row">
        {models.value.map((name) => (
          <Check key={name} checked={chosen.includes(name)} onChange={(on) => toggle(name, on)}>
            {plain(name)}
          </Check>
        ))}
      </div>
      {chosen.length > 1 && (
        <div class="field">
          <label for={merge} class="label">
            {s.merge}
          </label>
          <select
            id={merge}
            class="input"
            value={wish.value.merge}
            onChange={(event) => want({ merge: event.currentTarget.value as MergeStrategy })}
          >
            {MERGE_STRATEGIES.map((strategy) => (
              <option key={strategy} value={strategy}>
                {s.merges[strategy]}
              </option>
            ))}
          </select>
        </div>
      )}
      {chosen.length > 1 && (
        <Slider
          label={s.agreement}
          value={wish.value.agreement}
          least={1}
          most={chosen.length}
          step={1}
          shown={number(wish.value.agreement)}
          onInput={(agreement) => want({ agreement }, true)}
        />
      )}
    </fieldset>
  );
}

export function Controls() {
  const [more, setMore] = useState(false);
  const s = t.value.shell;
  const part = useId();
  return (
    <section class="controls" aria-label={t.value.explore.mode}>
      <div class="row">
        <Modes />
        <span class="push row">
          <Button little look="quiet" icon="down" expanded={more} onClick={() => setMore(!more)}>
            {more ? s.less : s.more}
          </Button>
          <Button little look="quiet" onClick={() => startOver(blank())}>
            {t.value.explore.removeAll}
          </Button>
        </span>
      </div>
      <div class="sliders">
        <Variety />
        <Length />
      </div>
      {more && (
        <div id={part} class="card more">
          <Avoid />
          <Models />
        </div>
      )}
    </section>
  );
}
