// Processes and workers, live: one that is lost is seen at once.
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import * as admin from "../../api/admin";
import type { MeshWorker, System } from "../../api/types";
import { on } from "../../live/state";
import { Badge, Empty, Failed, Loading, type Tone } from "../../parts/feedback";
import { settled, useLoaded } from "../../parts/load";
import { Table } from "../../parts/table";
import { say, toast } from "../../parts/toast";
import { t } from "../../text";
import { number, plain, relative } from "../../text/format";

const STATES: Record<string, Tone> = { running: "good", starting: "warn", stopping: "warn", backoff: "bad", exited: "bad", fatal: "bad" };
/** Milliseconds to wait for more of what happens at the same time. */
const REST = 250;

/** The reason of a worker that was told to leave; any other one is lost. */
const LEFT = "left";

/** A process that nobody has asked for; each model has some in reserve. */
const STOPPED = "STOPPED";

type Process = System["processes"][number];

function Processes({ found }: { found: System }) {
  const s = t.value.system;
  if (!found.supervised) return <p class="soft">{s.unsupervised}</p>;
  const state = (process: Process) => {
    const name = process.state.toLowerCase();
    return <Badge tone={STATES[name] ?? "plain"}>{s.states[name] ?? process.state}</Badge>;
  };
  const stopped = found.processes.filter((process) => process.state === STOPPED);
  return (
    <>
    <Table
      label={s.processes}
      columns={[
        { name: s.process, cell: (process: Process) => <strong>{plain(process.name)}</strong> },
        { name: s.state, cell: state },
        { name: s.since, cell: (process: Process) => (process.since ? relative(process.since) : plain(process.message)) },
        { name: s.pid, end: true, cell: (process: Process) => process.pid ?? "" },
      ]}
      rows={found.processes.filter((process) => process.state !== STOPPED)}
      keyOf={(process) => process.name}
    />
      {stopped.length > 0 && (
        <details class="small soft">
          <summary>{s.stopped(number(stopped.length))}</summary>
          {stopped.map((process) => plain(process.name)).join(", ")}
        </details>
      )}
    </>
  );
}

function Workers({ workers, gone }: { workers: MeshWorker[]; gone: ReadonlyMap<string, string> }) {
  const s = t.value.system;
  if (!workers.length && !gone.size) return <Empty title={s.noWorkers} />;
  const lost: MeshWorker[] = [...gone]
    .filter(([name]) => !workers.some((each) => each.worker === name))
    .map(([worker, service]) => ({ worker, service }));
  const isGone = (worker: MeshWorker): boolean => lost.includes(worker);
  return (
    <Table
      label={s.workers}
      columns={[
        { name: s.worker, cell: (worker: MeshWorker) => <strong>{plain(worker.worker)}</strong> },
        {
          name: s.service,
          cell: (worker: MeshWorker) => plain([worker.service, worker.device].filter(Boolean).join(" · ")),
        },
        { name: s.busy, end: true, cell: (worker: MeshWorker) => (worker.in_flight ? number(worker.in_flight) : "") },
        {
          name: s.state,
          end: true,
          cell: (worker: MeshWorker) => (
            <Badge tone={isGone(worker) ? "bad" : "good"}>{isGone(worker) ? s.gone : s.states.running}</Badge>
          ),
        },
      ]}
      rows={[...workers, ...lost]}
      keyOf={(worker) => `${worker.service}:${worker.worker}`}
    />
  );
}

function Queues({ found }: { found: System }) {
  const s = t.value.system;
  const waiting = Object.entries(found.queues ?? {}).flatMap(([service, lanes]) =>
    Object.entries(lanes).map(([lane, count]) => ({ name: `${service} · ${lane}`, count })),
  );
  const some = waiting.filter((each) => each.count > 0);
  if (!some.length) return <p class="soft">{s.noQueues}</p>;
  return (
    <ul class="stack">
      {some.map((each) => (
        <li key={each.name} class="row">
          <span>{plain(each.name)}</span>
          <span class="push number">{s.waiting(number(each.count))}</span>
        </li>
      ))}
    </ul>
  );
}

/** The workers that the broker told of; none where it does not answer. */
const workersOf = (found: System): MeshWorker[] => (found.workers ?? []) as MeshWorker[];

export function Running() {
  const s = t.value.system;
  const { value, error, load } = useLoaded(admin.system);
  const gone = useSignal<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    const soon = settled(() => void load(), REST);
    const down = on("worker.down", (event) => {
      soon();
      if (event.reason === LEFT) return;
      gone.value = new Map([...gone.peek(), [event.worker, event.service]]);
      const known = value.peek();
      if (known) value.value = { ...known, workers: workersOf(known).filter((each) => each.worker !== event.worker) };
      toast(s.lost(plain(event.worker), plain(event.reason)));
    });
    const up = on("worker.up", (event) => {
      gone.value = new Map([...gone.peek()].filter(([name, service]) => name !== event.worker && service !== event.service));
      say(s.cameUp(plain(event.worker)));
      soon();
    });
    const timer = setInterval(() => !document.hidden && void load(), 5_000);
    return () => (down(), up(), clearInterval(timer));
  }, []);
  const found = value.value;
  if (!found) return error.value === null ? <Loading /> : <Failed error={error.value} again={() => void load()} />;
  return (
    <>
      {error.value !== null && <Failed error={error.value} again={() => void load()} />}
      {!found.broker_up && <Failed error={s.brokerAway} />}
      <div class="columns">
        <section class="card" aria-labelledby="processes">
          <header>
            <h2 id="processes">{s.processes}</h2>
          </header>
          <Processes found={found} />
        </section>
        <section class="card" aria-labelledby="workers">
          <header>
            <h2 id="workers">{s.workers}</h2>
          </header>
          <Workers workers={workersOf(found)} gone={gone.value} />
          <h3 class="below">{s.queues}</h3>
          <Queues found={found} />
        </section>
      </div>
    </>
  );
}
