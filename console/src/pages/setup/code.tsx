// The one-time code, for somebody who is not at the machine.
import { useState } from "preact/hooks";
import { ApiError } from "../../api/http";
import { Button } from "../../parts/button";
import { Failed, Note } from "../../parts/feedback";
import { TextField } from "../../parts/fields";
import { signIn } from "../../shell/session";
import { t } from "../../text";

function said(error: unknown): string | null {
  const s = t.value.setup;
  if (!(error instanceof ApiError)) return null;
  if (error.status === 401) return s.codeWrong;
  if (error.status !== 429) return null;
  const detail = error.detail as { retry_after?: number } | null;
  return s.codeSlow(String(Math.ceil(detail?.retry_after ?? 4)));
}

export function CodeStep() {
  const s = t.value.setup;
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await signIn({ code });
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  const known = said(error);
  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <h2>{s.codeTitle}</h2>
      <p>{s.codeTold}</p>
      <TextField label={s.code} value={code} onInput={setCode} autocomplete="off" placeholder="XXXX-XXXX-XXXX" required />
      {known && <Note tone="bad">{known}</Note>}
      {error !== null && !known && <Failed error={error} />}
      <div class="row">
        <Button submit look="main" disabled={busy}>
          {s.codeSubmit}
        </Button>
      </div>
    </form>
  );
}
