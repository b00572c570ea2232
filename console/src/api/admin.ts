// What an admin of Navidrome, or the operator, asks.
import type { BatchStart, BatchStarted, BatchStatus, LoadAnswer } from "../contract";
import { call } from "./http";
import { R } from "./people";
import type {
  AdminModel,
  BatchProgress,
  Doctor,
  Duplicates,
  Failure,
  KnownEvent,
  OperatorSetting,
  Prunable,
  SlowQueries,
  System,
  Unembedded,
} from "./types";

const A = `${R}/admin`;

export const progress = (): Promise<BatchProgress> => call(`${A}/progress`);
export const jobs = (): Promise<{ jobs: BatchProgress[] }> => call(`${A}/jobs`);
export const startJob = (body: BatchStart): Promise<BatchStarted> => call(`${A}/jobs`, { body });
export const steerJob = (order: "pause" | "resume" | "cancel", kind: string): Promise<BatchStatus> =>
  call(`${A}/jobs/${order}`, { method: "POST", query: { kind } });

export type FailureKind = "failure" | "warning" | "all";
export const failures = (kind: FailureKind, offset: number, limit: number): Promise<{ total: number; failures: Failure[] }> =>
  call(`${A}/failures`, { query: { kind, offset, limit } });
export const failuresTable = (kind: FailureKind): string => `${A}/failures?kind=${kind}&format=csv`;
export const retry = (trackIds?: string[]): Promise<BatchStarted> =>
  call(`${A}/failures/retry`, { body: trackIds ? { track_ids: trackIds } : {} });

export const unembedded = (model: string, offset: number, limit: number): Promise<Unembedded> =>
  call(`${A}/unembedded`, { query: { model, offset, limit } });
export const prunable = (): Promise<Prunable> => call(`${A}/prune`);
export const duplicates = (offset: number, limit: number): Promise<Duplicates> =>
  call(`${A}/duplicates`, { query: { offset, limit } });

export const models = (): Promise<AdminModel[]> => call(`${A}/models`);
export const orderModel = (name: string, order: "load" | "unload"): Promise<LoadAnswer> =>
  call(`${A}/models/${encodeURIComponent(name)}/${order}`, { method: "POST" });
export const scaleModel = (name: string, workers: number): Promise<{ scale: Record<string, number> }> =>
  call(`${A}/models/${encodeURIComponent(name)}/scale`, { method: "PUT", body: { workers } });

export const system = (): Promise<System> => call(`${A}/system`);
export const doctor = (): Promise<Doctor> => call(`${A}/doctor`);
export const settings = (): Promise<{ settings: OperatorSetting[] }> => call(`${A}/settings`);
export const logs = (): Promise<{ logs: Array<{ name: string; bytes: number; changed_at: number }> }> => call(`${A}/logs`);
export const logTail = (name: string, after?: number): Promise<{ name: string; lines: string[]; end: number }> =>
  call(`${A}/logs/${encodeURIComponent(name)}`, { query: after === undefined ? { lines: 200 } : { after } });
export const events = (limit: number): Promise<{ events: KnownEvent[] }> => call(`${A}/events`, { query: { limit } });
export const slow = (limit: number): Promise<SlowQueries> => call(`${A}/slow`, { query: { limit } });
