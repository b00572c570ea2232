// Which page is shown: the part of the address after `#`, which no server ever sees.
import { computed, signal } from "@preact/signals";

export const PAGES = ["explore", "mixes", "settings", "library", "system"] as const;
export type PageName = (typeof PAGES)[number];

export interface Route {
  page: PageName;
  /** What follows `?`: the request of *explore*, as it is shared. */
  query: URLSearchParams;
}

const hash = signal(location.hash);
addEventListener("hashchange", () => (hash.value = location.hash));

export const route = computed<Route>(() => {
  const [path = "", query = ""] = hash.value.replace(/^#\/?/, "").split("?", 2);
  const page = PAGES.find((name) => name === path) ?? "explore";
  return { page, query: new URLSearchParams(query) };
});

/** Whether the address names the first run: it is what an address without a page shows until the mesh is set up. */
export const wantsSetup = computed(() => ["", "setup"].includes(hash.value.replace(/^#\/?/, "").split("?", 1)[0] ?? ""));

/** Address of a page, relative to wherever the console lies. */
export const address = (page: PageName, query?: URLSearchParams): string =>
  `#/${page}${query && [...query].length ? `?${query}` : ""}`;

/** Changes the address without a new entry in the history. */
export function replaceQuery(page: PageName, query: URLSearchParams): void {
  history.replaceState(null, "", address(page, query));
}
