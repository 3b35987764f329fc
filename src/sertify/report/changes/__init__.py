"""What has changed since an earlier run."""
