// The stream of events: resumed where it broke off, and restarted after sleep, a lost network or a restarted gateway.
import { Parser, type Message } from "./parser";

/** Milliseconds without a byte after which the stream counts as dead; the gateway says something every 5 s. */
const SILENCE = 12_000;
/** Milliseconds that a hidden page keeps its stream: a browser opens six connections, and people open many tabs. */
const HIDDEN = 60_000;
/** Milliseconds until the first new attempt, and at most. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 8_000;
/** Milliseconds between looks at the clock; one that comes much later was asleep. */
const TICK = 1_000;
const ASLEEP = 5_000;

export type StreamState = "connecting" | "live" | "behind" | "signed out";

export interface Listener {
  message(message: Message): void;
  state(state: StreamState, since: number): void;
}

export class Stream {
  private last: string | null = null;
  private abort: AbortController | null = null;
  private heard = Date.now();
  private wait = FIRST_WAIT;
  private retry: number | undefined;
  private ticked = Date.now();
  private stopped = false;
  private hiddenAt = 0;
  /** The gateway said that it ends the stream, for no fault: it begins anew at once. */
  private ended = false;
  private readonly timer: number;

  constructor(
    private readonly path: string,
    private readonly listener: Listener,
  ) {
    this.timer = window.setInterval(() => this.tick(), TICK);
    addEventListener("online", this.now);
    addEventListener("pageshow", this.now);
    addEventListener("offline", this.lost);
    document.addEventListener("visibilitychange", this.seen);
    void this.connect();
  }

  close(): void {
    this.stopped = true;
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.abort?.abort();
    removeEventListener("online", this.now);
    removeEventListener("pageshow", this.now);
    removeEventListener("offline", this.lost);
    document.removeEventListener("visibilitychange", this.seen);
  }

  private readonly now = (): void => {
    this.wait = FIRST_WAIT;
    if (!this.abort) this.again(0);
  };

  private readonly lost = (): void => this.abort?.abort();

  private readonly seen = (): void => {
    this.hiddenAt = document.hidden ? Date.now() : 0;
    if (!document.hidden) this.now();
  };

  private asleep(): boolean {
    return this.hiddenAt > 0 && Date.now() - this.hiddenAt > HIDDEN;
  }

  private tick(): void {
    const now = Date.now();
    const slept = now - this.ticked > ASLEEP;
    this.ticked = now;
    if (slept || this.asleep() || now - this.heard > SILENCE) this.abort?.abort();
    if (slept) this.now();
  }

  private async connect(): Promise<void> {
    if (this.stopped || this.abort || this.asleep()) return;
    const abort = new AbortController();
    this.abort = abort;
    this.heard = Date.now();
    let signedOut = false;
    try {
      signedOut = await this.follow(abort.signal);
    } catch {
      // A lost network, a restarted gateway, an abort of our own: all the same, it begins anew.
    }
    this.abort = null;
    if (this.stopped) return;
    if (signedOut) this.listener.state("signed out", this.heard);
    else if (this.ended || this.asleep()) this.again(0);
    else this.broken();
    this.ended = false;
  }

  /** Reads the stream to its end; true where the session has ended. */
  private async follow(signal: AbortSignal): Promise<boolean> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (this.last) headers["Last-Event-ID"] = this.last;
    const response = await fetch(this.path, { headers, signal, cache: "no-store", credentials: "same-origin" });
    if (response.status === 401) return true;
    if (!response.ok || !response.body) throw new Error(String(response.status));
    this.wait = FIRST_WAIT;
    this.heard = Date.now();
    this.listener.state("live", this.heard);
    const parser = new Parser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      this.heard = Date.now();
      for (const message of parser.read(part.value)) this.hand(message);
    }
    return false;
  }

  private hand(message: Message): void {
    if (message.id) this.last = message.id;
    if (message.event === "bye") this.ended = !message.data.includes("stopping");
    this.listener.message(message);
  }

  private broken(): void {
    this.listener.state("behind", this.heard);
    this.again(this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  private again(wait: number): void {
    clearTimeout(this.retry);
    this.retry = window.setTimeout(() => void this.connect(), wait);
  }
}
