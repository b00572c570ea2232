// Answers of `api/recommendations/*`, as docs/develop/console-api.md describes them.
import type { MERGE_STRATEGIES, MODES, UnembeddedTracks } from "../contract";

export type {
  BatchProgress,
  Duplicates,
  Examination as Doctor,
  PrunePlan as Prunable,
  RemediedFailure as Failure,
  ScaledModel as AdminModel,
  SessionState as Session,
  Setting as OperatorSetting,
  SlowSearches as SlowQueries,
  System,
} from "../contract";

export type Mode = (typeof MODES)[number];
export type MergeStrategy = (typeof MERGE_STRATEGIES)[number];

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


export interface Unembedded extends Omit<UnembeddedTracks, "tracks"> {
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

/** A worker as the broker tells it. */
export interface MeshWorker {
  worker: string;
  service: string;
  device?: string | null;
  in_flight?: number;
  [other: string]: unknown;
}

export interface KnownEvent {
  topic: string;
  ts: number;
  source: string;
  seq: number;
  [field: string]: unknown;
}

