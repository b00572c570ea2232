// The last events, live, and the queries that took long.
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { TOPICS } from "../../contract";
import * as admin from "../../api/admin";
import type { KnownEvent } from "../../api/types";
import { on } from "../../live/state";
import { Failed, Loading } from "../../parts/feedback";
import { useLoaded } from "../../parts/load";
import { t } from "../../text";
import { clock, number, plain } from "../../text/format";

const MOST = 100;
/** Five a second while a job runs: the library's page shows it better. */
const NOISY: ReadonlySet<string> = new Set(["batch.progress"]);
const FIELDS = ["worker", "model", "service", "reason", "status", "new", "changed", "vanished"];

function told(event: KnownEvent): string {
  const parts = FIELDS.flatMap((name) => (event[name] ? [`${name} ${String(event[name])}`] : []));
  const error = event.error as { message?: string } | string | null | undefined;
  const message = typeof error === "string" ? error : error?.message;
  return plain([...parts, message].filter(Boolean).join(" · "));
}

export function Events() {
  const s = t.value.system;
  const { value, error, load } = useLoaded(() => admin.events(MOST));
  const since = useSignal<KnownEvent[]>([]);
  useEffect(() => {
    const add = (event: object, topic: string): void => {
      since.value = [...since.peek(), { ...(event as Omit<KnownEvent, "topic">), topic } as KnownEvent].slice(-MOST);
    };
    const ends = TOPICS.filter((topic) => !NOISY.has(topic)).map((topic) => on(topic, add));
    return () => ends.forEach((end) => end());
  }, []);
  const all = new Map([...(value.value?.events ?? []), ...since.value].map((each) => [`${each.source}:${each.seq}`, each]));
  const shown = [...all.values()].filter((each) => !NOISY.has(each.topic)).sort((a, b) => b.ts - a.ts).slice(0, MOST);
  return (
    <section class="card" aria-labelledby="events">
      <header>
        <h2 id="events">{s.events}</h2>
      </header>
      {error.value !== null && <Failed error={error.value} again={() => void load()} />}
      {!value.value && error.value === null && <Loading />}
      {value.value && !shown.length && <p class="soft">{s.noEvents}</p>}
      <ol class="events" tabIndex={0} aria-label={s.events}>
        {shown.map((event) => (
          <li class="event" key={`${event.source}:${event.seq}`}>
            <span class="soft number">{clock(event.ts)}</span>
            <strong>{plain(event.topic)}</strong>
            <span class="soft">{told(event)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function SlowQueries() {
  const s = t.value.system;
  const { value, error, load } = useLoaded(() => admin.slow(50));
  const found = value.value;
  return (
    <section class="card" aria-labelledby="slow">
      <header>
        <h2 id="slow">{s.slow}</h2>
      </header>
      {error.value !== null && <Failed error={error.value} again={() => void load()} />}
      <p class="soft">{s.slowTold}</p>
      {found && !found.queries.length && <p>{s.noSlow}</p>}
      <ol class="events" tabIndex={0} aria-label={s.slow}>
        {found?.queries.map((query, place) => (
          <li class="event" key={place}>
            <span class="soft number">{query.at === null ? "" : clock(query.at)}</span>
            <strong class="number">{number(query.milliseconds)} ms</strong>
            <span class="soft">{plain(query.line)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
