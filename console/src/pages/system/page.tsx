// System: what runs, what it holds, what it said last.
import { session } from "../../shell/session";
import { t } from "../../text";
import { Doctor } from "./doctor";
import { Events, SlowQueries } from "./happenings";
import { Logs } from "./logs";
import { Models } from "./models";
import { Running } from "./processes";
import { OperatorSettings } from "./settings";

export function SystemPage() {
  const s = t.value.system;
  return (
    <div class="stack">
      <div class="heading">
        <h1>{s.title}</h1>
        {session.value && <span class="soft">{s.version(session.value.version)}</span>}
        <p>{s.told}</p>
      </div>
      <Running />
      <div class="columns">
        <Models />
        <Doctor />
      </div>
      <div class="columns">
        <Events />
        <SlowQueries />
      </div>
      <Logs />
      <OperatorSettings />
    </div>
  );
}
