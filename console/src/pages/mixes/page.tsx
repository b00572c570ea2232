// Today's mixes: what each is made of, on or off, how long.
import { useState } from "preact/hooks";
import { changePreferences, mixes as getMixes, preferences as getPreferences } from "../../api/people";
import type { MixesAnswer, PersonMix, Preference } from "../../api/types";
import { Button, IconButton } from "../../parts/button";
import { Cover } from "../../parts/cover";
import { Empty, Failed, Loading } from "../../parts/feedback";
import { Slider, Switch } from "../../parts/fields";
import { useLoaded, type Loaded } from "../../parts/load";
import { toast, toastError } from "../../parts/toast";
import { current, playing, toggle } from "../../player/state";
import { t } from "../../text";
import { day, duration, number, plain } from "../../text/format";

type Change = (changes: Record<string, number | boolean>, told: string) => Promise<void>;

const titleOf = (mix: PersonMix): string => t.value.settings.names[mix.setting] && mix.setting !== "dailyMixes" ? t.value.settings.names[mix.setting]! : mix.name;

function Rows({ mix }: { mix: PersonMix }) {
  const s = t.value.list;
  return (
    <ol class="mix-rows">
      {mix.rows.map((row) => {
        const here = current.value?.id === row.id && playing.value;
        return (
          <li key={row.id}>
            <IconButton
              little
              icon={here ? "pause" : "play"}
              label={(here ? s.pause : s.play)(plain(row.title))}
              onClick={() => toggle(row, mix.rows)}
            />
            <span class="words">
              <span class="row-title">{plain(row.title)}</span>
              <span class="row-by soft">{plain(row.artist)}</span>
            </span>
            <span class="small soft number">{duration(row.duration)}</span>
          </li>
        );
      })}
    </ol>
  );
}

/** Four covers of different albums, as many as there are. */
function Covers({ mix }: { mix: PersonMix }) {
  const albums = [...new Map(mix.rows.map((row) => [row.albumId, row])).values()];
  const four = [...albums, ...mix.rows].slice(0, 4);
  return (
    <div class="mix-covers" aria-hidden="true">
      {four.map((row, place) => (
        <Cover key={`${row.id}${place}`} id={row.id} like={row.albumId} size={110} />
      ))}
    </div>
  );
}

function MixCard({ mix, change }: { mix: PersonMix; change: Change }) {
  const s = t.value.mixes;
  const [open, setOpen] = useState(false);
  const switched = mix.setting !== "dailyMixes";
  const made = [...new Set(mix.madeOf.map((track) => track.artist))].slice(0, 4);
  return (
    <li class={mix.on ? "card mix" : "card mix is-off"}>
      {mix.rows.length > 0 && <Covers mix={mix} />}
      <div class="mix-words">
        <div class="mix-head">
          <h2>{plain(titleOf(mix))}</h2>
          {switched && (
            <span class="push">
              <Switch
                bare
                label={s.switchOff(plain(titleOf(mix)))}
                checked={mix.on}
                onChange={(on) =>
                  void change({ [mix.setting]: on }, s.changed(titleOf(mix), on ? t.value.shell.on : t.value.shell.off))
                }
              />
            </span>
          )}
        </div>
        <p class="soft">{mix.on ? (s.meanings[mix.key.split("-")[0]!] ?? plain(mix.meaning)) : s.isOff}</p>
        {made.length > 0 && (
          <p class="small">
            <span class="label">{s.madeOf}</span> {made.map(plain).join(" · ")}
          </p>
        )}
        {mix.rows.length > 0 ? (
          <div class="row">
            <Button little icon="play" look="main" onClick={() => mix.rows[0] && toggle(mix.rows[0], mix.rows)}>
              {s.playAll}
            </Button>
            <Button little look="quiet" icon="down" expanded={open} onClick={() => setOpen(!open)}>
              {open ? s.hide : s.show} ({number(mix.rows.length)})
            </Button>
          </div>
        ) : (
          mix.on && <p class="soft">{s.empty}</p>
        )}
        {open && <Rows mix={mix} />}
      </div>
    </li>
  );
}

function Amounts({ known, change }: { known: Preference[]; change: Change }) {
  const s = t.value.mixes;
  const sliders = known.filter((each) => each.name === "dailyMixes" || each.name === "mixSize");
  const [draft, setDraft] = useState<Record<string, number>>({});
  return (
    <section class="card sliders" aria-label={s.length}>
      {sliders.map((each) => {
        const name = t.value.settings.names[each.name] ?? each.name;
        const value = draft[each.name] ?? Number(each.value);
        return (
          <Slider
            key={each.name}
            label={name}
            value={value}
            least={each.least ?? 0}
            most={each.most ?? 100}
            step={each.step ?? 1}
            shown={number(value)}
            onInput={(next) => setDraft({ ...draft, [each.name]: next })}
            onChange={(next) => void change({ [each.name]: next }, s.changed(name, number(next)))}
          />
        );
      })}
    </section>
  );
}

function Cards({ found, change }: { found: MixesAnswer; change: Change }) {
  const s = t.value.mixes;
  if (!found.enough) {
    return (
      <Empty title={s.few}>
        <p>{s.fewTold(number(found.known))}</p>
      </Empty>
    );
  }
  // Of the daily mixes only those that are written; the others are a matter of how many.
  const shown = found.mixes.filter((mix) => mix.on || mix.setting !== "dailyMixes");
  return (
    <ul class="mixes-grid">
      {shown.map((mix) => (
        <MixCard key={mix.key} mix={mix} change={change} />
      ))}
    </ul>
  );
}

/** Changes settings, shows what comes of it, and offers the way back. */
function changer(loads: Array<Loaded<unknown>>): Change {
  const reload = (): Promise<unknown> => Promise.all(loads.map((each) => each.load()));
  return async (changes, told) => {
    try {
      const { previous } = await changePreferences(changes);
      await reload();
      const undo = (): void => void changePreferences(previous).then(reload).catch(toastError);
      toast(told, undo);
    } catch (error) {
      toastError(error);
      await reload();
    }
  };
}

export function MixesPage() {
  const s = t.value.mixes;
  const found = useLoaded(getMixes);
  const settings = useLoaded(getPreferences);
  const change = changer([found as Loaded<unknown>, settings as Loaded<unknown>]);
  const value = found.value.value;
  return (
    <div class="stack">
      <div class="heading">
        <h1>{s.title}</h1>
        {value && <span class="soft">{s.day(day(Date.parse(`${value.day}T12:00:00`) / 1000))}</span>}
        <p>{s.told}</p>
      </div>
      {found.error.value !== null && <Failed error={found.error.value} again={() => void found.load()} />}
      {settings.value.value && <Amounts known={settings.value.value.settings} change={change} />}
      {value ? <Cards found={value} change={change} /> : found.error.value === null && <Loading />}
    </div>
  );
}
