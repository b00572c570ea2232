// Answers of `api/recommendations/*`, as docs/develop/console-api.md describes them.
import type { ListSeed, MERGE_STRATEGIES, MODES, UnembeddedTracks } from "../contract";

export type {
  BatchProgress,
  ChangedSettings,
  DescribedSetting as Preference,
  DescribedSettings,
  Duplicates,
  Example,
  Examination as Doctor,
  Finds as Found,
  ListModels,
  ListRequest,
  ListedPlaylist as PlaylistInfo,
  ListedPlaylists,
  ListRow as Row,
  PersonList as ListAnswer,
  PrunePlan as Prunable,
  RemediedFailure as Failure,
  SavedPlaylist as Saved,
  ScaledModel as AdminModel,
  Seen as VisibleTrack,
  SessionState as Session,
  Setting as OperatorSetting,
  SlowSearches as SlowQueries,
  System,
  TodaysMix as PersonMix,
  TodaysMixes as MixesAnswer,
} from "../contract";

export type Mode = (typeof MODES)[number];
export type MergeStrategy = (typeof MERGE_STRATEGIES)[number];

export type SeedKind = ListSeed["kind"];
export type AskedSeed = Required<ListSeed>;

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

