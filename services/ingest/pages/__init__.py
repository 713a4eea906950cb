"""The citizens' pages: server-rendered, whole without JavaScript, light on a weak connection."""
