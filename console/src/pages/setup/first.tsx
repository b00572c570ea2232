// Step 5: the first playlist, and the plugin for Navidrome.
import { pluginFile } from "../../api/setup";
import { Note } from "../../parts/feedback";
import { address } from "../../shell/route";
import { session } from "../../shell/session";
import { t } from "../../text";
import { duration, plain } from "../../text/format";
import { applied, first, underway } from "./state";

function leave(): void {
  underway.value = false;
}

export function FirstStep() {
  const s = t.value.setup;
  const list = first.value;
  if (!list?.seed) return null;
  return (
    <div class="stack">
      <h2>{s.firstTitle}</h2>
      <p>{s.firstTold(plain(list.seed.title), plain(list.seed.artist))}</p>
      <ol class="first-list" aria-label={s.firstTitle}>
        {list.tracks.map((track) => (
          <li key={track.id}>
            <span>
              <strong>{plain(track.title)}</strong> <span class="soft">{plain(track.artist)}</span>
            </span>
            <span class="small soft number">{duration(track.duration)}</span>
          </li>
        ))}
      </ol>
      <p class="soft">{s.stillListening}</p>
      <h3>{s.pluginTitle}</h3>
      {applied.value?.plugin ? (
        <Note tone="good">{s.pluginPut(plain(applied.value.plugin))}</Note>
      ) : (
        <p class="soft">{s.pluginTold}</p>
      )}
      <div class="row">
        <a class="button main" href={address("explore")} onClick={leave}>
          {s.finish}
        </a>
        <a class="button" href={pluginFile} download="sonicmesh.ndp">
          {s.pluginDownload}
        </a>
        {session.value?.open.admin && (
          <a class="button quiet" href={address("library")} onClick={leave}>
            {s.finishAdmin}
          </a>
        )}
      </div>
    </div>
  );
}
