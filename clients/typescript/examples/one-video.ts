/** One video from an order to its bytes, and every other call once. Prints what each saw, one JSON object a line. */
import { Seedbed, SeedbedError } from "../src/index.js";

const [baseUrl, key] = process.argv.slice(2);
if (!baseUrl || !key) throw new Error("Give the service's address and a key.");
const seedbed = new Seedbed({ baseUrl, key });
const tell = (operation: string, saw: Record<string, unknown>) => console.log(JSON.stringify({ operation, saw }));

const created = await seedbed.create({
  model: "seedance-2.0",
  prompt: "A lighthouse in the fog",
  resolution: "480p",
  aspectRatio: "1:1",
  duration: 4,
  metadata: { projectId: "proj_1001" },
});
tell("create", { status: created.status, credits: created.creditsCharged });

const generation = await seedbed.wait(created.requestId, { timeoutS: 120 });
tell("poll", { status: generation.status, width: generation.output?.width, metadata: generation.metadata });

const video = await seedbed.download(generation);
tell("download", { video: Buffer.from(video.slice(4, 8)).toString() });

const page = await seedbed.list({ limit: 1 });
tell("list", { isNewest: page.data[0]?.requestId === created.requestId });

const other = await seedbed.create({ model: "seedance-2.0", prompt: "Too late", resolution: "480p", duration: 4 });
await seedbed.cancel(other.requestId);
tell("cancel", { status: (await seedbed.get(other.requestId)).status });

try {
  await seedbed.create({ model: "seedance-2.0", prompt: "Too long", duration: 99 });
} catch (error) {
  if (!(error instanceof SeedbedError)) throw error;
  const { status, code, param, requestId } = error;
  tell("error", { status, code, param, hasId: Boolean(requestId) });
}
