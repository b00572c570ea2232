// Starting a job: which models, and whether everything is made anew.
import { useState } from "preact/hooks";
import * as admin from "../../api/admin";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Failed, Loading, Note } from "../../parts/feedback";
import { Check } from "../../parts/fields";
import { useLoaded } from "../../parts/load";
import { toast } from "../../parts/toast";
import { t } from "../../text";
import { plain } from "../../text/format";

export function StartDialog({ close }: { close: () => void }) {
  const s = t.value.library;
  const loaded = useLoaded(admin.models);
  const [chosen, setChosen] = useState<string[]>([]);
  const [replace, setReplace] = useState(false);
  const [retry, setRetry] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const started = await admin.startJob({ models: chosen, clearExisting: replace, retryFailed: retry });
      close();
      toast([s.started, ...started.warnings.map(plain)].join(" "));
    } catch (failed) {
      setError(failed);
    }
  };
  const usable = loaded.value.value?.filter((model) => model.enabled || model.workers > 0);
  return (
    <Dialog title={s.startTitle} close={close}>
      {!usable && loaded.error.value === null && <Loading />}
      {loaded.error.value !== null && <Failed error={loaded.error.value} />}
      {usable && (
        <form onSubmit={(event) => void submit(event)}>
          <fieldset class="stack">
            <legend class="label">{s.models}</legend>
            <p class="small soft">{s.modelsTold}</p>
            {usable.map((model) => (
              <Check
                key={model.name}
                checked={chosen.includes(model.name)}
                onChange={(on) => setChosen(on ? [...chosen, model.name] : chosen.filter((name) => name !== model.name))}
              >
                <strong>{plain(model.name)}</strong> <span class="soft small">{plain(model.description)}</span>
              </Check>
            ))}
          </fieldset>
          <Check checked={replace} onChange={setReplace}>
            {s.replaceAll}
          </Check>
          {replace && <Note>{s.replaceWarning}</Note>}
          <Check checked={retry} onChange={setRetry}>
            {s.retryFailed}
          </Check>
          {error !== null && <Failed error={error} />}
          <div class="row">
            <span class="push">
              <Button submit look={replace ? "danger" : "main"}>
                {s.start}
              </Button>
            </span>
          </div>
        </form>
      )}
    </Dialog>
  );
}
