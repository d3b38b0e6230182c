"""What mtbench costs, measured beside what people would use instead. README.md says what and how."""
