// What is played: the audio element, the queue that it follows, and what Navidrome is told.
import { computed, signal } from "@preact/signals";
import { coverOf, reportPlay, streamOf } from "../api/people";
import type { VisibleTrack } from "../api/types";
import { toast } from "../parts/toast";
import { t } from "../text";
import { plain } from "../text/format";

export type Extent = "preview" | "whole";
/** Seconds of a preview. */
const PREVIEW = 30;
/** A play counts at half of the track, at the latest after so many seconds, as Navidrome's own page does it. */
const COUNTS_AFTER = 240;

export const queue = signal<VisibleTrack[]>([]);
export const current = signal<VisibleTrack | null>(null);
export const playing = signal(false);
export const position = signal(0);
export const length = signal(0);
export const extent = signal<Extent>("preview");

/** Seconds that are played of the current track. */
export const end = computed(() => (extent.value === "preview" ? Math.min(PREVIEW, length.value) : length.value));

const audio = new Audio();
audio.preload = "metadata";
let begun = 0;
let heard = 0;
let last = 0;
let reported = { playing: false, played: false };

export function play(track: VisibleTrack, among: VisibleTrack[]): void {
  queue.value = among;
  if (current.value?.id === track.id) {
    void resume();
    return;
  }
  current.value = track;
  length.value = track.duration;
  position.value = heard = last = 0;
  begun = Date.now() / 1000;
  reported = { playing: false, played: false };
  audio.src = streamOf(track.id);
  describe(track);
  void resume();
}

/** Tells the device what is played: its keys and its lock screen then work, too. */
function describe(track: VisibleTrack): void {
  if (!("mediaSession" in navigator)) return;
  const artwork = [{ src: new URL(coverOf(track.id, 300), location.href).href, sizes: "300x300" }];
  navigator.mediaSession.metadata = new MediaMetadata({ title: track.title, artist: track.artist, album: track.album, artwork });
}

async function resume(): Promise<void> {
  try {
    await audio.play();
  } catch (error) {
    if (error instanceof DOMException && error.name !== "AbortError") failed();
  }
}

function failed(): void {
  const track = current.peek();
  playing.value = false;
  if (track) toast(t.value.player.failed(plain(track.title)));
}

export const pause = (): void => audio.pause();

export function toggle(track: VisibleTrack, among: VisibleTrack[]): void {
  if (current.value?.id === track.id && playing.value) pause();
  else play(track, among);
}

export const toggleCurrent = (): void => {
  const track = current.peek();
  if (track) toggle(track, queue.peek());
};

export function seek(seconds: number): void {
  audio.currentTime = seconds;
  last = seconds;
  position.value = seconds;
}

export function step(by: 1 | -1): void {
  const place = queue.peek().findIndex((each) => each.id === current.peek()?.id);
  const next = queue.peek()[place + by];
  if (place >= 0 && next) play(next, queue.peek());
  else if (by === 1) pause();
}

export function stop(): void {
  if (!current.peek()) return;
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
  current.value = null;
  playing.value = false;
}

/** Chooses how much of each track is played; a preview is never told to Navidrome. */
export function choose(wanted: Extent): void {
  extent.value = wanted;
  if (wanted === "preview" && position.value >= PREVIEW) step(1);
  else report();
}

function report(): void {
  const track = current.peek();
  if (!track || extent.peek() === "preview" || !playing.peek()) return;
  if (!reported.playing) {
    reported.playing = true;
    reportPlay(track.id, "playing").catch(() => undefined);
  }
  if (!reported.played && heard >= Math.min(length.peek() / 2, COUNTS_AFTER)) {
    reported.played = true;
    reportPlay(track.id, "played", begun).catch(() => undefined);
  }
}

audio.addEventListener("play", () => {
  playing.value = true;
  report();
});
audio.addEventListener("pause", () => (playing.value = false));
audio.addEventListener("durationchange", () => {
  if (Number.isFinite(audio.duration)) length.value = audio.duration;
});
audio.addEventListener("timeupdate", () => {
  const now = audio.currentTime;
  if (now > last && now - last < 2) heard += now - last;
  last = now;
  position.value = now;
  report();
  if (extent.peek() === "preview" && now >= PREVIEW) step(1);
});
audio.addEventListener("ended", () => step(1));
audio.addEventListener("error", () => audio.hasAttribute("src") && failed());

if ("mediaSession" in navigator) {
  navigator.mediaSession.setActionHandler("play", toggleCurrent);
  navigator.mediaSession.setActionHandler("pause", pause);
  navigator.mediaSession.setActionHandler("nexttrack", () => step(1));
  navigator.mediaSession.setActionHandler("previoustrack", () => step(-1));
}
