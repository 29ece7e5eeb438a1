# dappd: make run, make test. Everything a target needs it installs itself (dev/install.sh).
BUILD ?= build
CC ?= cc
CFLAGS_WARN := -std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wcast-qual \
	-Wwrite-strings -Wvla -Wimplicit-fallthrough -Wconversion
ifdef CI
CFLAGS_WARN += -Werror
endif
VERSION := 0.1.0
PACKAGES := libmicrohttpd jansson libcurl libuv libcyaml zlib
CPPFLAGS := -D_GNU_SOURCE -DDAPPD_VERSION='"$(VERSION)"' -Iinclude
LIBS = $(shell pkg-config --libs $(PACKAGES)) -lmbedcrypto -lpthread
PACKAGE_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
CFLAGS_RELEASE := -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE -fcf-protection
LDFLAGS_RELEASE := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
SOURCES := $(filter-out src/main.c,$(wildcard src/*.c src/*/*.c routes/*.c))
