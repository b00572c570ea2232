// From the settings to the first playlist: the mesh restarts meanwhile, and its gateway with it.
import { signal } from "@preact/signals";
import * as admin from "../../api/admin";
import { ApiError } from "../../api/http";
import * as setup from "../../api/setup";
import type { BatchProgress } from "../../api/types";
import { JOB_ENDED } from "../../contract";
import { refreshSession, session } from "../../shell/session";
import { applied, checked, findings, first, installPlugin, models, step, underway } from "./state";

type Phase = "ready" | "writing" | "restarting" | "listening" | "nothing";

export const phase = signal<Phase>("ready");
export const progress = signal<BatchProgress | null>(null);

/** Milliseconds between two questions, and until a job is started that did not begin by itself. */
const POLL = 1_000;
const PATIENCE = 20_000;
/** Tracks beside the first one that make a playlist while the job is still running. */
const ENOUGH = 5;

const pause = (): Promise<void> => new Promise((done) => setTimeout(done, POLL));

/** Writes the settings; then everything goes on by itself. Throws where they cannot be written. */
export async function begin(): Promise<void> {
  const library = checked.value!;
  const before = session.peek()?.started_at ?? 0;
  const job = await jobNow();
  phase.value = "writing";
  underway.value = true;
  try {
    applied.value = await setup.apply({
      database: library.database,
      path_map: library.path_map,
      navidrome_url: library.navidrome_url,
      models: models.value ?? [],
      install_plugin: installPlugin.value && Boolean(findings.value?.plugin_folder),
    });
  } catch (error) {
    phase.value = "ready";
    underway.value = false;
    throw error;
  }
  void follow(before, job);
}

async function follow(before: number, job: string): Promise<void> {
  phase.value = "restarting";
  while ((session.peek()?.started_at ?? 0) === before) {
    await pause();
    await refreshSession();
  }
  phase.value = "listening";
  const began = Date.now();
  let started = false;
  for (;;) {
    await pause();
    const now = await attempt(admin.progress);
    if (now) progress.value = now;
    const list = await attempt(setup.firstList);
    const ended = now !== null && now.job_id !== job && (JOB_ENDED as readonly string[]).includes(now.status);
    if (list?.seed && (ended || list.tracks.length >= ENOUGH)) {
      first.value = list;
      step.value = "first";
      return;
    }
    if (ended && list && !list.seed) {
      phase.value = "nothing";
      return;
    }
    const idle = now !== null && (now.job_id ?? "") === job && !running(now);
    if (idle && !started && Date.now() - began > PATIENCE) {
      started = true;
      await attempt(() => admin.startJob({ models: null }));
    }
  }
}

const running = (now: BatchProgress): boolean => !["no_job", ...JOB_ENDED].includes(now.status);

/** The id of the last job; one that began before the mesh knew this library says nothing about it. */
async function jobNow(): Promise<string> {
  return (await attempt(admin.progress))?.job_id ?? "";
}

/** The answer, or null while the mesh is not there: the next question comes in a moment. */
async function attempt<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}
