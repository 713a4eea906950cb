"""What both HTTP services share: problem answers, health routes, security headers, body limits."""
