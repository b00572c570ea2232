// The first run: find the library, check its files, choose models, start, hear the first playlist.
import { useEffect, useRef } from "preact/hooks";
import { Mark } from "../../parts/icon";
import { address } from "../../shell/route";
import { session } from "../../shell/session";
import { Toasts } from "../../parts/toast";
import { t } from "../../text";
import { number } from "../../text/format";
import { LanguageChoice } from "../signin/page";
import { CheckStep } from "./check";
import { CodeStep } from "./code";
import { FindStep } from "./find";
import { FirstStep } from "./first";
import { ModelsStep } from "./models";
import { StartStep } from "./start";
import { STEPS, step, underway, type Step } from "./state";

const PARTS: Record<Step, () => preact.JSX.Element | null> = {
  find: FindStep,
  check: CheckStep,
  models: ModelsStep,
  start: StartStep,
  first: FirstStep,
};

function Steps() {
  const s = t.value.setup;
  const place = STEPS.indexOf(step.value);
  return (
    <ol class="steps" aria-label={s.stepOf(number(place + 1), number(STEPS.length))}>
      {STEPS.map((name, turn) => (
        <li key={name} aria-current={turn === place ? "step" : undefined} data-done={turn < place}>
          {s.steps[name]}
        </li>
      ))}
    </ol>
  );
}

/** Whether the caller may change anything: at this machine, with the code, or with the token. */
function mayGoOn(): boolean {
  return underway.value || Boolean(session.value?.operator);
}

export function SetupPage() {
  const s = t.value.setup;
  const section = useRef<HTMLElement>(null);
  const before = useRef<Step>(step.value);
  useEffect(() => {
    if (before.current !== step.value) section.current?.focus();
    before.current = step.value;
  }, [step.value]);
  const Part = PARTS[step.value];
  return (
    <main class="setup">
      <header class="row">
        <Mark />
        <span class="brand-name">{t.value.shell.name}</span>
        <span class="push">
          <LanguageChoice />
        </span>
      </header>
      <div class="heading">
        <h1>{s.title}</h1>
        <p>{s.told}</p>
      </div>
      {mayGoOn() && <Steps />}
      <section class="card stack" ref={section} tabIndex={-1} aria-label={mayGoOn() ? s.steps[step.value] : s.codeTitle}>
        {mayGoOn() ? <Part /> : <CodeStep />}
      </section>
      {!underway.value && (
        <p>
          <a href={address(session.value?.open.admin ? "library" : "explore")}>
            {session.value?.open.admin ? s.lookAround : t.value.shell.signIn}
          </a>
        </p>
      )}
      <Toasts />
    </main>
  );
}
