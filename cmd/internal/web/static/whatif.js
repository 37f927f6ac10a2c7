// Looks again until the simulator has played every goal.
const again = () => setTimeout(() => location.reload(), 1000);
again();
