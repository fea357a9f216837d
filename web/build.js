// Bundles the figures twice: for the report's page, and for the engine inside the program, which
// knows ES5 only (so the sources here keep to var and function).
const esbuild = require('esbuild');

const folder = process.argv[2];
for (const entry of ['page', 'render']) {
  esbuild.buildSync({
    entryPoints: [`${__dirname}/${entry}.js`],
    outfile: `${folder}/${entry}.js`,
    bundle: true,
    format: 'iife',
    target: 'es5',
    minifyWhitespace: true,
    minifyIdentifiers: true,
    legalComments: 'none',
    charset: 'ascii',
    logLevel: 'warning',
  });
}
