// What a person asks: the session, lists, playlists, settings and mixes.
import { BASE, call, csrf, type Call } from "./http";
import type {
  ChangedSettings,
  DescribedSettings,
  Found,
  ListAnswer,
  ListModels,
  ListRequest,
  ListedPlaylists,
  MixesAnswer,
  Saved,
  Session,
} from "./types";

export const R = "api/recommendations";

type Signal = Pick<Call, "signal">;
type Credentials = { user_name: string; password: string } | { token: string } | { code: string };

async function session(options: Call): Promise<Session> {
  const found = await call<Session>(`${R}/session`, options);
  csrf.token = found.csrf;
  return found;
}

export const getSession = (): Promise<Session> => session({});
export const signIn = (body: Credentials): Promise<Session> => session({ method: "POST", body });
export const signOut = (): Promise<Session> => session({ method: "DELETE" });

export const find = (q: string, options: Signal = {}): Promise<Found> =>
  call(`${R}/explore`, { query: { q, limit: 6 }, ...options });
export const makeList = (body: ListRequest, options: Signal = {}): Promise<ListAnswer> =>
  call(`${R}/explore/list`, { body, ...options });

export const listModels = (): Promise<ListModels> => call(`${R}/models`);

export async function m3u(name: string, trackIds: string[]): Promise<string> {
  return call<string>(`${R}/explore/m3u`, { body: { name, trackIds }, text: true });
}

export const playlists = (): Promise<ListedPlaylists> => call(`${R}/playlists`);
export const savePlaylist = (name: string, trackIds: string[], playlistId?: string): Promise<Saved> =>
  call(`${R}/save`, { body: { name, trackIds, ...(playlistId ? { playlistId } : {}) } });
export const appendTo = (id: string, trackIds: string[]): Promise<Saved> =>
  call(`${R}/playlists/${encodeURIComponent(id)}/append`, { body: { trackIds } });

export const coverOf = (id: string, size: number): string =>
  `${BASE}${R}/cover/${encodeURIComponent(id)}?size=${size}`;
export const streamOf = (id: string): string => `${BASE}${R}/stream/${encodeURIComponent(id)}`;
export const reportPlay = (id: string, state: "playing" | "played", at?: number): Promise<unknown> =>
  call(`${R}/played/${encodeURIComponent(id)}`, { body: at === undefined ? { state } : { state, at } });

export const preferences = (): Promise<DescribedSettings> => call(`${R}/preferences`);
export const changePreferences = (changes: Record<string, unknown>): Promise<ChangedSettings> =>
  call(`${R}/preferences`, { method: "PUT", body: changes });
export const mixes = (): Promise<MixesAnswer> => call(`${R}/mixes`);
