// Every setting of the person: what it does, its range, changed at once, with a way back.
import { useState } from "preact/hooks";
import { changePreferences, preferences as getPreferences } from "../../api/people";
import type { ChangedSettings, Preference } from "../../api/types";
import { Button } from "../../parts/button";
import { Failed, Loading } from "../../parts/feedback";
import { Choice, Slider, Switch } from "../../parts/fields";
import { useLoaded } from "../../parts/load";
import { toast, toastError } from "../../parts/toast";
import { chooseTheme, theme, THEMES } from "../../shell/theme";
import { LANGUAGES, language, t, type Language } from "../../text";
import { number, percent, plain } from "../../text/format";
import { remember } from "../../text/remembered";

type Value = number | boolean;

const SHARES = 1;

/** A value as people read it: shares in percent, days as days, switches as on and off. */
function shown(setting: Preference, value: Value): string {
  if (typeof value === "boolean") return value ? t.value.shell.on : t.value.shell.off;
  if (setting.name === "seedRecencyWindowDays") return t.value.settings.days(number(value));
  return setting.kind === "number" && (setting.most ?? 0) <= SHARES ? percent(value) : number(value, 2);
}

interface SettingProps {
  setting: Preference;
  change: (setting: Preference, value: Value) => void;
}

function Range({ setting }: { setting: Preference }) {
  const s = t.value.settings;
  const usual = s.usual(shown(setting, setting.default));
  if (setting.kind === "switch" || setting.least === null || setting.most === null) return <>{usual}</>;
  return (
    <>
      {s.range(shown(setting, setting.least), shown(setting, setting.most))} · {usual}
    </>
  );
}

function SettingRow({ setting, change }: SettingProps) {
  const s = t.value.settings;
  const name = s.names[setting.name] ?? setting.name;
  const [draft, setDraft] = useState<number | null>(null);
  const told = `about-${setting.name}`;
  const value = draft ?? setting.value;
  return (
    <div class="setting">
      <div>
        <h3>{name}</h3>
        <p id={told} class="small soft">
          {s.meanings[setting.name] ?? plain(setting.meaning)} <Range setting={setting} />
        </p>
      </div>
      {setting.kind === "switch" ? (
        <Switch bare label={name} checked={Boolean(value)} describedBy={told} onChange={(on) => change(setting, on)} />
      ) : (
        <div class="row">
          <span class="label number">{shown(setting, value)}</span>
          <Slider
            bare
            label={name}
            value={Number(value)}
            least={setting.least ?? 0}
            most={setting.most ?? 1}
            step={setting.step ?? (setting.kind === "whole" ? 1 : 0.05)}
            shown={shown(setting, value)}
            onInput={setDraft}
            onChange={(next) => (setDraft(null), change(setting, next))}
          />
        </div>
      )}
      <span class="reset">
        {setting.value !== setting.default && (
          <Button little look="quiet" label={s.reset(name)} onClick={() => change(setting, setting.default)}>
            {s.resetShort}
          </Button>
        )}
      </span>
    </div>
  );
}

function Page() {
  const s = t.value.shell;
  const languages = (Object.keys(LANGUAGES) as Language[]).map((value) => ({ value, text: LANGUAGES[value] }));
  const themes = THEMES.map((value) => ({ value, text: s.themes[value] }));
  return (
    <section class="card">
      <header>
        <h2>{t.value.settings.page}</h2>
      </header>
      <div class="row">
        <Choice
          label={s.language}
          value={language.value}
          options={languages}
          onChange={(chosen) => {
            language.value = chosen;
            remember("language", chosen);
          }}
        />
        <Choice label={s.theme} value={theme.value} options={themes} onChange={chooseTheme} />
      </div>
    </section>
  );
}

export function SettingsPage() {
  const s = t.value.settings;
  const { value, error, load } = useLoaded(getPreferences);
  const send = async (changes: Record<string, unknown>): Promise<ChangedSettings> => {
    const answer = await changePreferences(changes);
    value.value = answer;
    return answer;
  };
  const change = async (setting: Preference, next: Value): Promise<void> => {
    try {
      const { previous } = await send({ [setting.name]: next });
      const undo = (): void => void send(previous).then(() => toast(s.undone), toastError);
      toast(s.changed(s.names[setting.name] ?? setting.name, shown(setting, next)), undo);
    } catch (failed) {
      toastError(failed);
      await load();
    }
  };
  const known = value.value?.settings;
  return (
    <div class="stack">
      <div class="heading">
        <h1>{s.title}</h1>
        <p>{s.told}</p>
      </div>
      {error.value !== null && <Failed error={error.value} again={() => void load()} />}
      {!known && error.value === null && <Loading />}
      {known &&
        (["lists", "mixes"] as const).map((group) => (
          <section class="card" key={group} aria-label={s.groups[group]}>
            <h2>{s.groups[group]}</h2>
            {known
              .filter((each) => each.group === group)
              .map((each) => (
                <SettingRow key={each.name} setting={each} change={(setting, next) => void change(setting, next)} />
              ))}
          </section>
        ))}
      <Page />
    </div>
  );
}
