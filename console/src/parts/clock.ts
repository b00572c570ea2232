// The time, once a second, for what counts up or down.
import { signal } from "@preact/signals";

/** Unix seconds. */
export const now = signal(Date.now() / 1000);
setInterval(() => (now.value = Date.now() / 1000), 1_000);
