// What `sonicmesh doctor` finds.
import { useState } from "preact/hooks";
import * as admin from "../../api/admin";
import type { Doctor as Report } from "../../api/types";
import { Button } from "../../parts/button";
import { Badge, Failed, Note, type Tone } from "../../parts/feedback";
import { t } from "../../text";
import { number, plain } from "../../text/format";

const TONES: Record<string, Tone> = { ok: "good", note: "warn", wrong: "bad" };

function Findings({ report }: { report: Report }) {
  const s = t.value.system;
  const fine = report.findings.filter((each) => each.status === "ok");
  const others = report.findings.filter((each) => each.status !== "ok");
  return (
    <div class="stack">
      <Note tone={report.healthy ? "good" : "bad"}>{report.healthy ? s.healthy : s.unhealthy}</Note>
      <ul class="stack">
        {others.map((each, place) => (
          <li key={place}>
            <div class="row">
              <Badge tone={TONES[each.status]}>{s.statuses[each.status]}</Badge>
              <strong>{plain(each.subject)}</strong>
            </div>
            <p>{plain(each.message)}</p>
            {each.advice && <p class="soft">{plain(each.advice)}</p>}
          </li>
        ))}
      </ul>
      <details>
        <summary>{s.fine(number(fine.length))}</summary>
        <ul>
          {fine.map((each, place) => (
            <li key={place} class="small">
              <strong>{plain(each.subject)}</strong> {plain(each.message)}
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

export function Doctor() {
  const s = t.value.system;
  const [report, setReport] = useState<Report | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const examine = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    await admin.doctor().then(setReport, setError);
    setBusy(false);
  };
  return (
    <section class="card" aria-labelledby="doctor">
      <header>
        <h2 id="doctor">{s.doctor}</h2>
        <span class="push">
          <Button little disabled={busy} onClick={() => void examine()}>
            {busy ? s.examining : s.examine}
          </Button>
        </span>
      </header>
      {error !== null && <Failed error={error} />}
      <div aria-live="polite">{report ? <Findings report={report} /> : <p class="soft">{s.doctorTold}</p>}</div>
    </section>
  );
}
