// One call of the gateway. Addresses are relative to the page: below a prefix everything is below it, too.
import { ERROR_CODES } from "../contract";

export type ErrorCode = (typeof ERROR_CODES)[number] | "offline";

/** An error of the gateway, or `offline` where nothing answered. */
export class ApiError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly detail: unknown = null,
    readonly status = 0,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** The folder that the page lies in, with a slash at its end. */
export const BASE = new URL(".", document.baseURI).pathname;

/** An absolute address of the gateway, for links that people copy. */
export const absolute = (path: string): string => new URL(path, new URL(".", document.baseURI)).href;

type Query = Record<string, string | number | boolean | null | undefined>;

export interface Call {
  method?: "GET" | "POST" | "PUT" | "DELETE" | "PATCH";
  body?: unknown;
  query?: Query;
  signal?: AbortSignal;
  /** The answer is plain text. */
  text?: boolean;
}

/** What the session gave this page to prove that a change comes from it; in memory only. */
export const csrf: { token: string | null } = { token: null };

/** Called where a call is answered with 401: the session has ended. */
export const whenSignedOut: Array<() => void> = [];

export function withQuery(path: string, query: Query = {}): string {
  const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

/** JSON of an answer. Throws `ApiError`, or `AbortError` where the caller gave up. */
export async function call<T>(path: string, options: Call = {}): Promise<T> {
  const response = await send(path, options);
  const text = await response.text();
  if (response.ok && options.text) return text as T;
  const value = read(text);
  if (response.ok) return value as T;
  throw refusal(response, value);
}

async function send(path: string, { method, body, query, signal }: Call): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method: method ?? (body === undefined ? "GET" : "POST"), headers };
  if (init.method !== "GET" && csrf.token) headers["X-Sonicmesh-Csrf"] = csrf.token;
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  try {
    return await fetch(withQuery(path, query), { ...init, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("offline", String(error));
  }
}

function read(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

interface Refused {
  error?: { code?: string; message?: string; detail?: unknown };
  message?: string;
}

function refusal(response: Response, value: unknown): ApiError {
  const { error, message } = (value ?? {}) as Refused;
  const code = ERROR_CODES.find((known) => known === error?.code) ?? (response.status === 401 ? "unauthorized" : "internal");
  const failed = new ApiError(code, error?.message ?? message ?? response.statusText, error?.detail, response.status);
  if (response.status === 401) for (const told of whenSignedOut) told();
  return failed;
}

/** Whether a call was given up by its caller. */
export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";
