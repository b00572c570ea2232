// The bar at the bottom: what is played, how far, and how much of each track.
import { Choice, Slider } from "../parts/fields";
import { IconButton } from "../parts/button";
import { Cover } from "../parts/cover";
import { t } from "../text";
import { duration, plain } from "../text/format";
import { choose, current, end, extent, playing, position, seek, step, stop, toggleCurrent, type Extent } from "./state";

function Buttons() {
  const s = t.value.player;
  return (
    <div class="row player-buttons">
      <IconButton icon="previous" label={s.previous} onClick={() => step(-1)} />
      <IconButton
        icon={playing.value ? "pause" : "play"}
        label={playing.value ? s.pause : s.play}
        look="main"
        onClick={toggleCurrent}
      />
      <IconButton icon="next" label={s.next} onClick={() => step(1)} />
    </div>
  );
}

function Progress() {
  const shown = `${duration(position.value)} / ${duration(end.value)}`;
  return (
    <div class="player-progress">
      <Slider
        bare
        label={t.value.player.position}
        value={Math.min(position.value, end.value)}
        least={0}
        most={Math.max(1, Math.floor(end.value))}
        step={1}
        shown={shown}
        onInput={seek}
      />
      <span class="small number soft">{shown}</span>
    </div>
  );
}

export function Player() {
  const track = current.value;
  const s = t.value.player;
  if (!track) return null;
  const extents: Array<{ value: Extent; text: string; title: string }> = [
    { value: "preview", text: s.preview, title: s.previewTold },
    { value: "whole", text: s.whole, title: s.wholeTold },
  ];
  return (
    <section class="player" aria-label={s.region}>
      <div class="player-track">
        <Cover id={track.id} like={track.albumId} size={48} />
        <div>
          <strong>{plain(track.title)}</strong>
          <span class="soft small">{plain(track.artist)}</span>
        </div>
      </div>
      <Buttons />
      <Progress />
      <Choice label={s.mode} value={extent.value} options={extents} onChange={choose} />
      <IconButton icon="close" label={s.stop} onClick={stop} />
    </section>
  );
}
