// A cover; where there is none, or while it comes, a field in a colour of its own.
import { useState } from "preact/hooks";
import { coverOf } from "../api/people";

const HUES = 360;

function hue(key: string): number {
  let sum = 0;
  for (const character of key) sum = (sum * 31 + character.charCodeAt(0)) % HUES;
  return sum;
}

interface CoverProps {
  /** What has the cover: a track's, an album's (`al-`) or an artist's (`ar-`) id. */
  id: string;
  /** What the colour depends on, such as the album. */
  like?: string;
  size: number;
}

export function Cover({ id, like, size }: CoverProps) {
  const [failed, setFailed] = useState(false);
  return (
    <span class="cover" style={{ width: `${size}px`, height: `${size}px`, "--hue": String(hue(like ?? id)) }}>
      {!failed && id && (
        <img
          src={coverOf(id, size * 2)}
          alt=""
          width={size}
          height={size}
          loading="lazy"
          decoding="async"
          onError={() => setFailed(true)}
        />
      )}
    </span>
  );
}
