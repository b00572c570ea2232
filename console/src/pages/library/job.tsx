// The running or last job: how far it is, and what can be done with it.
import { useEffect, useState } from "preact/hooks";
import { JOB_ENDED, NO_JOB } from "../../contract";
import * as admin from "../../api/admin";
import type { BatchProgress } from "../../api/types";
import { job, onRenewal } from "../../live/state";
import { Bar } from "../../parts/bar";
import { Button } from "../../parts/button";
import { now } from "../../parts/clock";
import { Badge, Note, type Tone } from "../../parts/feedback";
import { toast, toastError } from "../../parts/toast";
import { t } from "../../text";
import { clock, number, percent, plain, relative } from "../../text/format";
import { StartDialog } from "./start";

export const hasEnded = (status: string): boolean =>
  status === NO_JOB || (JOB_ENDED as readonly string[]).includes(status);

const TONES: Record<string, Tone> = {
  running: "good",
  completed: "good",
  paused: "warn",
  cancelling: "warn",
  cancelled: "warn",
  completed_with_errors: "warn",
  failed: "bad",
};

export const toneOf = (status: string): Tone => TONES[status] ?? "plain";

async function steer(order: "pause" | "resume" | "cancel", kind: string): Promise<void> {
  const s = t.value.library;
  try {
    await admin.steerJob(order, kind);
    toast({ pause: s.paused, resume: s.resumed, cancel: s.cancelled }[order]);
    await refresh();
  } catch (error) {
    toastError(error);
  }
}

async function refresh(): Promise<void> {
  const found = await admin.progress();
  const told = job.peek();
  job.value = { ...(found as NonNullable<typeof told>), ts: Date.now() / 1000, source: "", seq: 0 };
}

function Steering({ known }: { known: BatchProgress }) {
  const s = t.value.library;
  const [starting, setStarting] = useState(false);
  const kind = known.kind ?? "embed";
  const ended = hasEnded(known.status);
  return (
    <div class="row push">
      {ended && (
        <Button look="main" icon="play" onClick={() => setStarting(true)}>
          {s.start}
        </Button>
      )}
      {(known.status === "running" || known.status === "initialized") && (
        <Button icon="pause" onClick={() => void steer("pause", kind)}>
          {s.pause}
        </Button>
      )}
      {known.status === "paused" && (
        <Button look="main" icon="play" onClick={() => void steer("resume", kind)}>
          {s.resume}
        </Button>
      )}
      {!ended && (
        <Button look="danger" disabled={known.status === "cancelling"} onClick={() => void steer("cancel", kind)}>
          {s.cancel}
        </Button>
      )}
      {starting && <StartDialog close={() => setStarting(false)} />}
    </div>
  );
}

function ModelBars({ known }: { known: BatchProgress }) {
  const s = t.value.library;
  const models = Object.entries(known.models ?? {});
  return (
    <ul class="bars">
      {models.map(([name, model]) => {
        const shown = s.progress(number(model.done), number(model.total));
        const rate = model.tracks_per_hour && !hasEnded(known.status) ? s.rate(number(model.tracks_per_hour)) : "";
        return (
          <li class="model-bar" key={name}>
            <strong>{plain(name)}</strong>
            <Bar
              label={s.modelBar(plain(name))}
              share={model.total ? (model.done + model.failed) / model.total : 1}
              shown={shown}
            />
            <span class="small soft number">
              {[shown, model.failed ? s.failed(number(model.failed)) : "", rate].filter(Boolean).join(" · ")}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Details({ known }: { known: BatchProgress & { automatic?: boolean; message?: string } }) {
  const s = t.value.library;
  const ended = hasEnded(known.status);
  const until = known.estimated_completion;
  const parts = [
    s.progress(number(known.processed_tracks ?? 0), number(known.total_tracks ?? 0)),
    known.failed_tracks ? s.failed(number(known.failed_tracks)) : "",
    known.warnings ? s.warned(number(known.warnings)) : "",
    !ended && until ? `${s.eta(relative(until, now.value))} (${s.etaAt(clock(until))})` : "",
    known.automatic ? s.automatic : "",
  ];
  return (
    <div>
      <p class="number">{parts.filter(Boolean).join(" · ")}</p>
      {!ended && !known.waiting && known.current_track && (
        <p class="soft">
          {s.current}: {plain(known.current_track)}
        </p>
      )}
    </div>
  );
}

export function JobCard() {
  const s = t.value.library;
  useEffect(() => {
    void refresh().catch(toastError);
    return onRenewal(() => void refresh().catch(() => undefined));
  }, []);
  const known = job.value as (BatchProgress & { message?: string }) | null;
  if (!known) return null;
  const none = known.status === NO_JOB;
  return (
    <section class="card stack" aria-label={s.job}>
      <div class="job-head">
        {!none && <span class="job-percent">{percent((known.progress_percent ?? 0) / 100)}</span>}
        <div>
          <h2>{s.kinds[known.kind ?? "embed"] ?? known.kind}</h2>
          <Badge tone={known.waiting ? "warn" : toneOf(known.status)}>
            {known.waiting ? s.waiting : (s.statuses[known.status] ?? known.status)}
          </Badge>
        </div>
        <Steering known={known} />
      </div>
      {!none && <Details known={known} />}
      {known.waiting && (
        <Note>
          {plain(known.waiting.reason)} {known.waiting.path && <span class="path">{plain(known.waiting.path)}</span>}
        </Note>
      )}
      {known.message && <Note>{plain(known.message)}</Note>}
      <ModelBars known={known} />
    </section>
  );
}
