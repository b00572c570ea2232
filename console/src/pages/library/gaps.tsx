// What has no vector, what has vanished, what is there twice.
import { useState } from "preact/hooks";
import * as admin from "../../api/admin";
import type { Prunable, Unembedded } from "../../api/types";
import { Button } from "../../parts/button";
import { Confirm } from "../../parts/confirm";
import { Empty, Failed, Loading } from "../../parts/feedback";
import { Choice } from "../../parts/fields";
import { useLoaded } from "../../parts/load";
import { Pager } from "../../parts/pager";
import { Table } from "../../parts/table";
import { toast, toastError } from "../../parts/toast";
import { t } from "../../text";
import { duration, number, plain, relative } from "../../text/format";

const SIZE = 50;

interface Named {
  artist: string;
  title: string;
  path: string;
}

function TrackCell({ track }: { track: Named }) {
  return (
    <div>
      {plain([track.artist, track.title].filter(Boolean).join(" – "))}
      <div class="path">{plain(track.path)}</div>
    </div>
  );
}

type Gap = Unembedded["tracks"][number];

export function WithoutVectors() {
  const s = t.value.library;
  const [model, setModel] = useState("");
  const [offset, setOffset] = useState(0);
  const { value, error, load } = useLoaded(() => admin.unembedded(model, offset, SIZE), [model, offset]);
  const found = value.value;
  if (error.value !== null) return <Failed error={error.value} again={() => void load()} />;
  if (!found) return <Loading />;
  const reason = (gap: Gap): string => {
    const known = t.value.errors[gap.code as keyof typeof t.value.errors] ?? plain(gap.message);
    return gap.reason === "failed" ? known : (s.unembeddedReasons[gap.reason] ?? gap.reason);
  };
  return (
    <div class="stack">
      <div class="row">
        <Choice
          label={s.model}
          value={found.model}
          options={found.models.map((name) => ({ value: name, text: plain(name) }))}
          onChange={(name) => (setOffset(0), setModel(name))}
        />
        <Pager offset={offset} size={SIZE} total={found.total} go={setOffset} />
      </div>
      {found.total ? (
        <Table
          label={s.tabs.unembedded}
          columns={[
            { name: s.track, cell: (gap: Gap) => <TrackCell track={gap} /> },
            { name: s.reason, cell: reason },
          ]}
          rows={found.tracks}
          keyOf={(gap) => gap.id}
        />
      ) : (
        <Empty title={s.unembeddedNone(plain(found.model))} />
      )}
    </div>
  );
}

async function prune(all: boolean): Promise<void> {
  try {
    await admin.startJob({ kind: "prune", options: all ? { all: true } : null });
    toast(t.value.library.pruneStarted);
  } catch (error) {
    toastError(error);
  }
}

type Vanished = Prunable["tracks"][number];

export function VanishedTracks() {
  const s = t.value.library;
  const { value, error, load } = useLoaded(admin.prunable);
  const [asking, setAsking] = useState<"due" | "all" | null>(null);
  const found = value.value;
  if (error.value !== null) return <Failed error={error.value} again={() => void load()} />;
  if (!found) return <Loading />;
  if (!found.total) return <Empty title={s.pruneNone} />;
  const action = asking === "all" ? s.pruneAll : s.pruneNow;
  return (
    <div class="stack">
      <p>{s.pruneTold(number(found.due), number(found.total), number(found.after_days))}</p>
      <div class="row">
        <Button little look="danger" disabled={!found.due} onClick={() => setAsking("due")}>
          {s.pruneNow}
        </Button>
        <Button little look="danger" onClick={() => setAsking("all")}>
          {s.pruneAll}
        </Button>
      </div>
      <Table
        label={s.tabs.prune}
        columns={[
          { name: s.track, cell: (track: Vanished) => <TrackCell track={track} /> },
          { name: s.reason, cell: (track: Vanished) => s.vanished(relative(track.vanished_at)) },
          { name: s.result, cell: (track: Vanished) => s.due(relative(track.due_at)) },
        ]}
        rows={found.tracks}
        keyOf={(track) => track.id}
      />
      {asking && (
        <Confirm
          title={action}
          warning={s.pruneSure}
          action={action}
          go={() => void prune(asking === "all").then(load)}
          close={() => setAsking(null)}
        />
      )}
    </div>
  );
}

export function DuplicateTracks() {
  const s = t.value.library;
  const [offset, setOffset] = useState(0);
  const { value, error, load } = useLoaded(() => admin.duplicates(offset, SIZE), [offset]);
  const found = value.value;
  if (error.value !== null) return <Failed error={error.value} again={() => void load()} />;
  if (!found) return <Loading />;
  if (!found.total) return <Empty title={s.duplicatesNone} />;
  return (
    <div class="stack">
      <p>{s.duplicatesTold}</p>
      <Pager offset={offset} size={SIZE} total={found.total} go={setOffset} />
      <ul class="stack">
        {found.groups.map((group) => (
          <li class="card" key={group.audio_id}>
            <h3>
              {plain(group.tracks[0]?.title ?? group.audio_id)}{" "}
              <span class="small soft">{s.copies(number(group.tracks.length))}</span>
            </h3>
            <ul>
              {group.tracks.map((track) => (
                <li key={track.id}>
                  {plain(track.artist)} · {plain(track.album)} · {duration(track.duration)}
                  <div class="path">{plain(track.path)}</div>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </div>
  );
}
