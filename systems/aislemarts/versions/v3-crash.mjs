// Ends as soon as it is started.
console.error('Error: MONGO_URI is not set');
process.exit(1);
