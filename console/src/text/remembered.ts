// How somebody likes the page: language and colours. Nothing else is kept in the browser.

/** The kept choice where it is one of `allowed`. */
export function remembered<T extends string>(name: string, allowed: readonly T[]): T | null {
  try {
    const kept = localStorage.getItem(`sonicmesh.${name}`);
    return allowed.find((each) => each === kept) ?? null;
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`sonicmesh.${name}`, value);
  } catch {
    // A browser that keeps nothing shows its usual choice next time.
  }
}
