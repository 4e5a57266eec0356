// Plain jobs through BullMQ: added in bulk, done by one worker that does nothing. Prints jobs per second.
// node bullmq.mjs <port> <jobs> <concurrency>
import { createRequire } from 'node:module'
import { join } from 'node:path'

const { Queue, Worker } = createRequire(join(process.cwd(), 'x'))('bullmq')
const [port, jobs, concurrency] = process.argv.slice(2).map(Number)
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }

// As ours: everything is accepted before the clock starts.
const queue = new Queue('bench', { connection })
for (let at = 0; at < jobs; at += 1000) {
  await queue.addBulk(Array.from({ length: Math.min(1000, jobs - at) }, (_, n) => ({ name: 'job', data: { step: at + n } })))
}
const begun = performance.now()
let done = 0
const worker = new Worker('bench', async () => {}, { connection, concurrency, removeOnComplete: { count: 0 } })
await new Promise(resolve => worker.on('completed', () => { if (++done === jobs) resolve() }))
console.log((jobs / ((performance.now() - begun) / 1000)).toFixed(0))
await worker.close()
await queue.close()
process.exit(0)
