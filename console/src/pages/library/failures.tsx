// What failed or was embedded with a warning: why, and what helps.
import { useState } from "preact/hooks";
import * as admin from "../../api/admin";
import type { Failure } from "../../api/types";
import { Button } from "../../parts/button";
import { Empty, Failed, Loading } from "../../parts/feedback";
import { useLoaded } from "../../parts/load";
import { Pager } from "../../parts/pager";
import { Table } from "../../parts/table";
import { toast, toastError } from "../../parts/toast";
import { t } from "../../text";
import { number, plain } from "../../text/format";

const SIZE = 50;

async function retry(ids?: string[]): Promise<void> {
  try {
    await admin.retry(ids);
    toast(t.value.library.retried);
  } catch (error) {
    toastError(error);
  }
}

const titleOf = ({ artist, title, path, track_id }: Pick<Failure, "artist" | "title" | "path" | "track_id">): string =>
  plain([artist, title].filter(Boolean).join(" – ") || path || track_id);

function Reason({ failure }: { failure: Failure }) {
  const known = t.value.errors[failure.code as keyof typeof t.value.errors];
  return (
    <div>
      <span>{known ?? plain(failure.code)}</span>
      <div class="small soft">{plain(failure.message)}</div>
      {failure.attempts > 1 && <div class="small soft">{t.value.library.attempts(number(failure.attempts))}</div>}
    </div>
  );
}

export function Failures({ kind }: { kind: "failure" | "warning" }) {
  const s = t.value.library;
  const [offset, setOffset] = useState(0);
  const { value, error, load } = useLoaded(() => admin.failures(kind, offset, SIZE), [kind, offset]);
  const found = value.value;
  if (error.value !== null) return <Failed error={error.value} again={() => void load()} />;
  if (!found) return <Loading />;
  const failed = kind === "failure";
  if (!found.total) {
    return <Empty title={failed ? s.noFailures : s.noWarnings}>{failed ? s.noFailuresTold : s.noWarningsTold}</Empty>;
  }
  const columns = [
    {
      name: s.track,
      cell: (each: Failure) => (
        <div>
          {titleOf(each)}
          <div class="path">{plain(each.path)}</div>
        </div>
      ),
    },
    { name: s.model, cell: (each: Failure) => plain(each.model) },
    { name: s.reason, cell: (each: Failure) => <Reason failure={each} /> },
    { name: s.remedy, cell: (each: Failure) => plain(each.remedy) },
    {
      name: s.retry,
      end: true,
      cell: (each: Failure) => (
        <Button little label={s.retryOne(titleOf(each))} onClick={() => void retry([each.track_id])}>
          {s.retry}
        </Button>
      ),
    },
  ];
  return (
    <div class="stack">
      <div class="row">
        {failed && (
          <Button little icon="reroll" onClick={() => void retry()}>
            {s.retryAll}
          </Button>
        )}
        <a class="button little quiet" href={admin.failuresTable(kind)} download={`${kind}s.csv`}>
          {s.csv}
        </a>
        <Pager offset={offset} size={SIZE} total={found.total} go={setOffset} />
      </div>
      <Table
        label={failed ? s.failures : s.tabs.warnings}
        columns={failed ? columns : columns.slice(0, 4)}
        rows={found.failures}
        keyOf={(each) => `${each.track_id}:${each.model}:${each.code}`}
      />
    </div>
  );
}
