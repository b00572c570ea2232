// What several steps show.
import type { ComponentChildren } from "preact";
import { ApiError } from "../../api/http";
import type { FoundDatabase } from "../../contract";
import { Failed, Note } from "../../parts/feedback";
import { t } from "../../text";
import { plain } from "../../text/format";

/** Says that something takes a moment. */
export function Busy({ children }: { children: ComponentChildren }) {
  return (
    <p class="busy" role="status">
      <span class="spinner" aria-hidden="true" />
      {children}
    </p>
  );
}

/** An error of a step: what is wrong with a database in plain words, else as everywhere. */
export function StepError({ error, again }: { error: unknown; again?: () => void }) {
  const problem = error instanceof ApiError ? (error.detail as { problem?: FoundDatabase["problem"] } | null)?.problem : null;
  if (!problem || !(error instanceof ApiError)) return again ? <Failed error={error} again={again} /> : <Failed error={error} />;
  return (
    <Note tone="bad">
      {t.value.setup.databaseProblems[problem]} <span class="small">({plain(error.message)})</span>
    </Note>
  );
}
