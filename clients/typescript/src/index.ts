/**
 * A thin client: the calls and their types are generated from the service's OpenAPI document, and only what every
 * caller would write again stands here. Every create carries an Idempotency-Key, so that one that is sent again after
 * a lost answer makes one generation and costs once.
 */
import createFetchClient, { type Client as FetchClient } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { components, operations, paths } from "./schema.js";
export type Order = components["schemas"]["GenerationBody"];
export type Created = components["schemas"]["Created"];
export type Generation = components["schemas"]["GenerationView"];
export type Generations = components["schemas"]["Generations"];
export type Model = components["schemas"]["ModelView"];
export type Refusal = components["schemas"]["Refused"]["error"];

/** The service said no. `code` is stable, `message` is for people. */
export class SeedbedError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly param: string | undefined,
    readonly requestId: string | undefined,
  ) {
    super(message);
    this.name = "SeedbedError";
  }
}

/** The generation was not final before the deadline. It goes on; ask again. */
export class TookTooLong extends Error {
  constructor(readonly requestId: string) {
    super(`${requestId} has not ended in time; it goes on.`);
    this.name = "TookTooLong";
  }
}

export interface Options {
  /** For example `http://127.0.0.1:8000`, without a path. */
  baseUrl: string;
  key: string;
  fetch?: typeof globalThis.fetch;
}

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

const FINAL: ReadonlySet<Generation["status"]> = new Set(["succeeded", "failed", "cancelled"]);
const LONGEST_WAIT_S = 30; // what the service holds an answer for

export class Seedbed {
  /** Every path of the service, typed, for what has no method of its own. */
  readonly http: FetchClient<paths>;
  private readonly fetch: typeof globalThis.fetch;

  constructor({ baseUrl, key, fetch = globalThis.fetch }: Options) {
    this.fetch = fetch;
    this.http = createFetchClient<paths>({
      baseUrl: `${baseUrl.replace(/\/+$/, "")}/api/open/v1`,
      headers: { Authorization: `Bearer ${key}` },
      fetch: (request) => fetch(request),
    });
  }

  async models(): Promise<Model[]> {
    return [...found(await this.http.GET("/models")).data];
  }

  /** Order a video. The same `idempotencyKey` and body get the first answer again. */
  async create(order: Order, idempotencyKey: string = crypto.randomUUID()): Promise<Created> {
    const header = { "Idempotency-Key": idempotencyKey };
    return found(await this.http.POST("/video/generations", { body: order, params: { header } }));
  }

  async get(requestId: string, waitS = 0): Promise<Generation> {
    const params = { path: { requestId }, query: { wait: waitS } };
    return found(await this.http.GET("/video/generations/{requestId}", { params }));
  }

  /** The newest first; pass a page's `nextCursor` for the one after it. */
  async list(query: { limit?: number; cursor?: string } = {}): Promise<Generations> {
    return found(await this.http.GET("/video/generations", { params: { query } }));
  }

  async cancel(requestId: string): Promise<void> {
    found(await this.http.POST("/video/generations/{requestId}/cancel", { params: { path: { requestId } } }));
  }

  /** Return the generation once it is final, however it ended. Throws TookTooLong. */
  async wait(requestId: string, { timeoutS = 3600 }: { timeoutS?: number } = {}): Promise<Generation> {
    const deadlineMs = Date.now() + timeoutS * 1000;
    let pauseMs = 0;
    for (;;) {
      const leftS = (deadlineMs - Date.now()) / 1000;
      if (leftS <= 0) throw new TookTooLong(requestId);
      const askedMs = Date.now();
      const generation = await this.get(requestId, Math.min(LONGEST_WAIT_S, Math.ceil(leftS)));
      if (FINAL.has(generation.status)) return generation;
      // A service that does not hold answers is asked every two seconds, not without a pause.
      pauseMs = Math.max(0, 2000 - (Date.now() - askedMs));
      await new Promise((done) => setTimeout(done, pauseMs));
    }
  }

  /** Return the bytes of the video of a generation that has succeeded. The key is not sent. */
  async download(generation: Generation): Promise<Uint8Array> {
    if (!generation.output) throw new Error(`${generation.requestId} is ${generation.status}; it has no video.`);
    const response = await this.fetch(generation.output.url);
    if (!response.ok) throw new SeedbedError(response.status, "", response.statusText, undefined, undefined);
    return new Uint8Array(await response.arrayBuffer());
  }
}

function found<Data>({ data, error, response }: Answer<Data>): Data {
  if (data !== undefined) return data;
  const refusal = isRefused(error) ? error.error : undefined;
  const requestId = response.headers.get("X-Request-Id") ?? undefined;
  throw new SeedbedError(
    response.status,
    refusal?.code ?? "",
    refusal?.message ?? response.statusText,
    refusal?.param,
    requestId,
  );
}

function isRefused(value: unknown): value is components["schemas"]["Refused"] {
  return typeof value === "object" && value !== null && "error" in value && typeof value.error === "object";
}
