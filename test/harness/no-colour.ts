// Imported before chalk, which decides once.
process.env.FORCE_COLOR = '0';
