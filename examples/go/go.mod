module example.org/veza-chat

go 1.22
