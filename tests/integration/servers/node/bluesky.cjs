// Bluesky's own servers on this machine: accounts and posts (PDS), names (PLC), search and threads (AppView).
// Says where they are in one line of JSON once all of them answer; SIGTERM stops them.
// Environment: NODE_PATH, DB_POSTGRES_URL of an empty database, REDIS_HOST with its port, TMPDIR.
const net = require('node:net')

// These servers listen on every interface of the machine; nothing outside of it shall reach them.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...given) {
  if (typeof given[0] === 'object' && given[0] !== null && !given[0].path) given[0] = { ...given[0], host: '127.0.0.1' }
  else if (!isNaN(given[0])) given.splice(1, typeof given[1] === 'string' ? 1 : 0, '127.0.0.1')
  return listen.apply(this, given)
}

const { TestNetwork } = require('@atproto/dev-env')

async function start() {
  const network = await TestNetwork.create({
    dbPostgresSchema: 'tests',
    pds: { hostname: 'localhost', rateLimitsEnabled: true },
  })
  process.on('SIGTERM', async () => {
    await network.close()
    process.exit(0)
  })
  console.log(JSON.stringify({ pds: network.pds.url, appview: network.bsky.url }))
}

start().catch((error) => {
  console.error(error)
  process.exit(1)
})
