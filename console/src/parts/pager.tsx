// Which part of a long list is shown.
import { t } from "../text";
import { number } from "../text/format";
import { Button } from "./button";

interface PagerProps {
  offset: number;
  size: number;
  total: number;
  go: (offset: number) => void;
}

export function Pager({ offset, size, total, go }: PagerProps) {
  const s = t.value.library;
  if (total <= size) return null;
  return (
    <nav class="row" aria-label={s.page(number(offset + 1), number(Math.min(offset + size, total)), number(total))}>
      <Button little disabled={offset === 0} onClick={() => go(Math.max(0, offset - size))}>
        {s.earlier}
      </Button>
      <span class="soft number">{s.page(number(offset + 1), number(Math.min(offset + size, total)), number(total))}</span>
      <Button little disabled={offset + size >= total} onClick={() => go(offset + size)}>
        {s.later}
      </Button>
    </nav>
  );
}
