// Line icons of 24 units; they take the colour of the text and say nothing to a screen reader.
const PATHS = {
  explore: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14Zm5.2 12.2L20 20",
  mixes: "M4 7h10M4 12h10M4 17h6M17 17.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm2-2V6l2.5 1.5",
  settings: "M4 8h9M17 8h3M4 16h3M11 16h9M15 10.200a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.400ZM9 18.200a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.400Z",
  library: "M5 4v16M9 4v16M13 4.5 18.5 20M13 20V4.500M5 4h4M5 20h4",
  system: "M12 5v4M12 9 6 15M12 9l6 6M6 15v2M18 15v2M12 3.500h.01M6 19.500h.01M18 19.500h.01",
  play: "M8 5.500v13l10.5-6.500Z",
  pause: "M8.5 5.500v13M15.5 5.500v13",
  next: "M6 6v12l8-6ZM18 6v12",
  previous: "M18 6v12l-8-6ZM6 6v12",
  like: "M12 5v14M5 12h14",
  more: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  never: "M12 3.500a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM6 6l12 12",
  lock: "M6.5 11h11v9h-11ZM9 11V8a3 3 0 0 1 6 0v3",
  unlock: "M6.5 11h11v9h-11ZM9 11V7.500a3 3 0 0 1 5.8-1",
  reroll: "M4.5 12a7.5 7.5 0 0 1 13-5.100L20 9M20 4.500V9h-4.500M19.5 12a7.5 7.5 0 0 1-13 5.100L4 15M4 19.500V15h4.5",
  close: "M6 6l12 12M18 6 6 18",
  grip: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  dots: "M6 12h.01M12 12h.01M18 12h.01",
  save: "M12 4v11M7.5 11 12 15.5 16.5 11M5 20h14",
  link: "M10 14a4 4 0 0 0 6 .4l2.5-2.500a4 4 0 0 0-5.7-5.700L11.5 7.500M14 10a4 4 0 0 0-6-.4L5.5 12.100a4 4 0 0 0 5.7 5.700l1.3-1.3",
  warn: "M12 4 3 19.500h18ZM12 10v4.500M12 17h.01",
  check: "M5 12.500l4.5 4.500L19 7.5",
  down: "M6 9.500l6 6 6-6",
  note: "M9 18.500V6l10-2v12.500M9 18.500a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0ZM19 16.500a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z",
  album: "M12 3.500a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM12 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z",
  artist: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM4.5 20c1-4 4-5.5 7.5-5.500s6.5 1.5 7.5 5.5",
  genre: "M4 4h8l8 8-8 8-8-8ZM8.5 8.500h.01",
  words: "M4 6h16M4 12h10M4 18h13",
  keys: "M3.5 7h17v10h-17ZM7 10.500h.01M10.5 10.500h.01M14 10.500h.01M17 10.500h.01M8 14h8",
} as const;

export type IconName = keyof typeof PATHS;
const FILLED: ReadonlySet<IconName> = new Set(["play", "next", "previous"]);

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={FILLED.has(name) ? "currentColor" : "none"}
      stroke="currentColor"
      stroke-width={name === "grip" || name === "dots" ? 2.6 : 1.8}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark of Sonic Mesh: a wave between five points. */
export function Mark() {
  return (
    <svg width="30" height="30" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" fill="currentColor" />
      <path class="mark" d="M6 16h2.500M11.5 11v10M16 6.500v19M20.5 11v10M23.5 16H26" />
    </svg>
  );
}
