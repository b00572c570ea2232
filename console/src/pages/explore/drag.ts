// Dragging a row by its handle, with mouse, pen or finger.
import { signal } from "@preact/signals";
import { move, rows } from "./list";

/** Id of the row that is dragged. */
export const dragged = signal<string | null>(null);
/** Pixels from the edge of the window within which it scrolls. */
const EDGE = 60;
const SCROLL = 12;

/** Where a row at this height belongs: as many places down as rows have their middle above it. */
function placeAt(y: number): number {
  const elements = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const place = elements.findIndex((element) => {
    const box = element.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  return place < 0 ? elements.length : place;
}

export function startDrag(event: PointerEvent, id: string): void {
  if (event.button !== 0) return;
  event.preventDefault();
  dragged.value = id;
  const onMove = (moved: PointerEvent): void => {
    const from = rows.peek().findIndex((row) => row.id === id);
    const before = placeAt(moved.clientY);
    const to = before > from ? before - 1 : before;
    if (from >= 0 && to !== from) move(from, to);
    if (moved.clientY < EDGE) scrollBy(0, -SCROLL);
    if (moved.clientY > innerHeight - EDGE) scrollBy(0, SCROLL);
  };
  const end = (): void => {
    dragged.value = null;
    removeEventListener("pointermove", onMove);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
  };
  addEventListener("pointermove", onMove);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}
