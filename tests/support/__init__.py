"""What tests share: sites, feeds, chat servers, articles."""
