// `text/event-stream`, read from a response's body. EventSource hides comments, and with them a dead connection.

export interface Message {
  id: string | null;
  event: string;
  data: string;
}

/** Turns chunks of text into messages; comments count as life, but are not handed on. */
export class Parser {
  private rest = "";
  private data: string[] = [];
  private event = "message";
  private id: string | null = null;

  /** Reads `chunk` and returns the messages that it completes. */
  read(chunk: string): Message[] {
    const lines = (this.rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.line(line) ?? []);
  }

  private line(line: string): Message | null {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.data.push(value);
    else if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return null;
  }

  private dispatch(): Message | null {
    const message = { id: this.id, event: this.event, data: this.data.join("\n") };
    const complete = this.data.length > 0;
    this.data = [];
    this.event = "message";
    return complete ? message : null;
  }
}
