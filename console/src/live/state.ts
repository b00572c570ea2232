// What is live: the last event of each topic, whether the page is behind, and who wants to know.
import { signal } from "@preact/signals";
import { TOPICS, type Events } from "../contract";
import { R } from "../api/people";
import { Stream, type StreamState } from "./stream";
import type { Message } from "./parser";

export type Topic = (typeof TOPICS)[number];
export type Stamped<T> = T & { ts: number; source: string; seq: number };
type Handler<T extends Topic> = (event: Stamped<Events[T]>, topic: T) => void;

export const state = signal<StreamState>("connecting");
/** When the gateway was last heard, in milliseconds. */
export const heardAt = signal(Date.now());
/** The running or last job, as it is told live. */
export const job = signal<Stamped<Events["batch.progress"]> | null>(null);

const handlers = new Map<string, Set<Handler<Topic>>>();
const renewals = new Set<() => void>();
const endings = new Set<() => void>();

/** Calls `handler` for every event of a topic; returns what ends that. */
export function on<T extends Topic>(topic: T, handler: Handler<T>): () => void {
  const known = handlers.get(topic) ?? new Set();
  handlers.set(topic, known);
  known.add(handler as unknown as Handler<Topic>);
  return () => known.delete(handler as unknown as Handler<Topic>);
}

/** Calls `renew` whenever events were missed: load everything anew. */
export function onRenewal(renew: () => void): () => void {
  renewals.add(renew);
  return () => renewals.delete(renew);
}

/** Calls `ended` when the session may have ended. */
export function onEnding(ended: () => void): () => void {
  endings.add(ended);
  return () => endings.delete(ended);
}

let stream: Stream | null = null;

export function listen(): void {
  stream?.close();
  stream = new Stream(`${R}/events`, {
    message: receive,
    state: (now, since) => {
      state.value = now;
      heardAt.value = since;
      if (now === "signed out") endings.forEach((told) => told());
    },
  });
}

export function stopListening(): void {
  stream?.close();
  stream = null;
  state.value = "connecting";
}

function receive({ event, data }: Message): void {
  if (event === "beat") return;
  const value: unknown = JSON.parse(data);
  if (event === "hello") {
    if (!(value as { resumed: boolean }).resumed) renewals.forEach((renew) => renew());
  } else if (event === "bye") {
    if ((value as { reason: string }).reason === "session") endings.forEach((told) => told());
  } else {
    if (event === "batch.progress") job.value = value as Stamped<Events["batch.progress"]>;
    handlers.get(event)?.forEach((handler) => handler(value as Stamped<Events[Topic]>, event as Topic));
  }
}
