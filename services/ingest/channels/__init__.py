"""Messages that come by a provider: SMS, chat and social channels, each through one adapter."""
