/**
 * For the harness's own test: a module that cannot load.
 */
throw new Error('thrown while loading')
