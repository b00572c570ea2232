// Step 1: which database.
import { useEffect, useState } from "preact/hooks";
import * as setup from "../../api/setup";
import type { FoundDatabase } from "../../contract";
import { Button } from "../../parts/button";
import { Note } from "../../parts/feedback";
import { TextField } from "../../parts/fields";
import { t } from "../../text";
import { number, plain } from "../../text/format";
import { Busy, StepError } from "./parts";
import { checked, costs, database, findings, step } from "./state";

const named = (paths: string[]): string => paths.map(plain).join(", ");

function NothingFound() {
  const s = t.value.setup;
  const looked = findings.value?.looked ?? [];
  return (
    <Note>
      <strong>{s.noDatabase}</strong>
      <p>{s.noDatabaseTold(looked.length ? named(looked) : s.nowhere)}</p>
      <pre class="small">{s.mountExample}</pre>
    </Note>
  );
}

function DatabaseChoice({ each }: { each: FoundDatabase }) {
  const s = t.value.setup;
  const tracks = t.value.shell.tracks(each.tracks, number(each.tracks));
  const told = each.demo ? `${s.demo}, ${tracks}` : tracks;
  return (
    <label class="option">
      <input
        type="radio"
        name="database"
        checked={database.value === each.path}
        onChange={() => (database.value = each.path)}
      />
      <span>
        <span class="path">{plain(each.path)}</span>
        <span class="small soft">{each.problem ? s.databaseProblems[each.problem] : told}</span>
      </span>
    </label>
  );
}

function Found() {
  const s = t.value.setup;
  const found = findings.value!;
  const others = !found.databases.some((each) => each.path === database.value);
  return (
    <>
      {!found.databases.some((each) => !each.demo) && <NothingFound />}
      {found.unfinished.length > 0 && <Note>{s.tooSlow(named(found.unfinished))}</Note>}
      {found.problem && (
        <Note tone="bad">
          <strong>{s.dataProblem}</strong> <span class="small">{plain(found.problem)}</span>
        </Note>
      )}
      <div role="radiogroup" aria-label={s.databases} class="options">
        {found.databases.map((each) => (
          <DatabaseChoice key={each.path} each={each} />
        ))}
        {found.databases.length > 0 && (
          <label class="option">
            <input type="radio" name="database" checked={others} onChange={() => (database.value = "")} />
            <span>{s.otherDatabaseChoice}</span>
          </label>
        )}
      </div>
      {others && (
        <TextField
          label={s.otherDatabase}
          value={database.value}
          onInput={(text) => (database.value = text)}
          placeholder="/navidrome/navidrome.db"
          required
        />
      )}
      {found.music.length > 0 && (
        <p class="small soft">
          {s.musicFound}: {found.music.map((each) => `${plain(each.path)} (${s.musicFiles(number(each.files))})`).join(", ")}
        </p>
      )}
    </>
  );
}

export function FindStep() {
  const s = t.value.setup;
  const [busy, setBusy] = useState<"look" | "check" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const run = async (what: "look" | "check", work: () => Promise<void>): Promise<void> => {
    setBusy(what);
    setError(null);
    try {
      await work();
    } catch (failed) {
      setError(failed);
    }
    setBusy(null);
  };
  const look = (): Promise<void> =>
    run("look", async () => {
      const found = await setup.look();
      findings.value = found;
      if (!database.value) database.value = found.databases.find((each) => !each.problem)?.path ?? "";
    });
  const check = (): Promise<void> =>
    run("check", async () => {
      checked.value = await setup.check({ database: database.value });
      costs.value = {};
      step.value = "check";
    });
  useEffect(() => {
    if (!findings.peek()) void look();
  }, []);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void check();
      }}
    >
      <h2>{s.findTitle}</h2>
      {busy === "look" ? <Busy>{s.looking}</Busy> : findings.value && <Found />}
      {busy === "check" && <Busy>{s.checking}</Busy>}
      {error !== null && <StepError error={error} />}
      <div class="row">
        <Button submit look="main" disabled={busy !== null || !database.value.trim()}>
          {s.useIt}
        </Button>
        <Button disabled={busy !== null} onClick={() => void look()}>
          {s.lookAgain}
        </Button>
      </div>
    </form>
  );
}
