// Answers of `api/recommendations/*`, as docs/develop/console-api.md describes them.
import type { BatchProgress, Failure as KnownFailure, MERGE_STRATEGIES, Model as KnownModel, MODES } from "../contract";

export type Mode = (typeof MODES)[number];
export type MergeStrategy = (typeof MERGE_STRATEGIES)[number];
export type { BatchProgress };

export interface Session {
  signed_in: boolean;
  name: string | null;
  admin: boolean;
  operator: boolean;
  via: "session" | "proxy" | "token" | "loopback" | null;
  expires_at: number | null;
  csrf: string | null;
  base_path: string;
  version: string;
  started_at: number;
  navidrome: { reachable: boolean };
  open: { people: boolean; admin: boolean };
  sign_in: Array<"password" | "token">;
  warnings: string[];
}

export interface VisibleTrack {
  id: string;
  title: string;
  artist: string;
  artistId: string;
  album: string;
  albumId: string;
  duration: number;
  libraryId: number;
}

export interface Found {
  query: string;
  tracks: VisibleTrack[];
  albums: Array<{ id: string; name: string; artist: string; artistId: string; tracks: number }>;
  artists: Array<{ id: string; name: string; tracks: number }>;
  genres: Array<{ id: string; name: string; tracks: number }>;
  words: { able: boolean; model: string | null; reason: string | null };
  examples: Example[];
}

export interface Example {
  kind: "text" | "genre" | "artist";
  text: string;
  id?: string | null;
  negative?: string | null;
}

export type SeedKind = "track" | "album" | "artist" | "genre" | "text";

export interface AskedSeed {
  kind: SeedKind;
  id: string;
  sign: "plus" | "minus";
  weight: number;
}

export interface ListRequest {
  mode: Mode;
  seeds: AskedSeed[];
  negativePrompts: string[];
  negativePromptPenalty?: number;
  models?: string[];
  mergeStrategy?: MergeStrategy;
  minModelAgreement?: number;
  diversity?: number | null;
  limit?: number | null;
  locked: Array<{ id: string; place: number }>;
  removedIds: string[];
}

export interface Row extends VisibleTrack {
  place: number;
  locked: boolean;
  score: number | null;
  reason: string | null;
  models: string[];
  negativeSimilarity: number | null;
  labels: Array<{ name: string; score: number }>;
}

export interface ListAnswer {
  name: string;
  mode: Mode;
  trackIds: string[];
  rows: Row[];
  seeds: Array<AskedSeed & { name: string; artist: string | null; tracks: number; found: boolean }>;
  diversity: number;
  limit: number;
  warnings: string[];
  warningCodes: string[];
}

export interface PlaylistInfo {
  id: string;
  name: string;
  comment: string;
  tracks: number;
  duration: number;
  public: boolean;
  owner: string;
  own: boolean;
  writable: boolean;
}

export interface Saved {
  playlistId: string;
  name: string;
  saved: number;
  dropped: string[];
}

export interface Preference {
  name: string;
  group: "lists" | "mixes";
  kind: "whole" | "number" | "switch";
  value: number | boolean;
  default: number | boolean;
  least: number | null;
  most: number | null;
  step: number | null;
  meaning: string;
}

export interface PreferencesAnswer {
  settings: Preference[];
  previous?: Record<string, number | boolean> | null;
}

export interface PersonMix {
  key: string;
  name: string;
  meaning: string;
  on: boolean;
  setting: string;
  rows: Row[];
  madeOf: VisibleTrack[];
}

export interface MixesAnswer {
  day: string;
  known: number;
  enough: boolean;
  mixes: PersonMix[];
}

export type Failure = KnownFailure & { remedy: string };
export type AdminModel = KnownModel & { scale: number | null };

export interface Unembedded {
  model: string;
  models: string[];
  total: number;
  tracks: Array<{
    id: string;
    title: string;
    artist: string;
    album: string;
    path: string;
    reason: "new" | "pending" | "failed" | "changed";
    code: string;
    message: string;
  }>;
}

export interface Prunable {
  total: number;
  after_days: number;
  due: number;
  tracks: Array<{ id: string; title: string; artist: string; path: string; vanished_at: number; due_at: number; due: boolean }>;
}

export interface Duplicates {
  total: number;
  groups: Array<{
    audio_id: string;
    tracks: Array<{ id: string; title: string; artist: string; album: string; path: string; duration: number }>;
  }>;
}

export interface MeshWorker {
  worker: string;
  service: string;
  host?: string;
  pid?: number;
  device?: string | null;
  version?: string | null;
  busy?: number;
  credit?: number;
  [other: string]: unknown;
}

export interface System {
  supervised: boolean;
  processes: Array<{ name: string; group: string; state: string; pid: number | null; since: number | null; message: string }>;
  workers: MeshWorker[];
  services: Array<Record<string, unknown>>;
  queues: Record<string, Record<string, number>>;
  counters: Record<string, number>;
  library: Record<string, unknown> | null;
  broker_up: boolean;
}

export interface Doctor {
  healthy: boolean;
  findings: Array<{ subject: string; status: "ok" | "note" | "wrong"; message: string; advice: string }>;
  seconds: number;
}

export interface OperatorSetting {
  variable: string;
  value: string;
  default: string;
  description: string;
  set: boolean;
  origin: "environment" | "file" | "default";
  secret: boolean;
}

export interface KnownEvent {
  topic: string;
  ts: number;
  source: string;
  seq: number;
  [field: string]: unknown;
}

export interface SlowQueries {
  threshold_ms?: number;
  queries: Array<{ at: number; milliseconds: number; line: string }>;
}
