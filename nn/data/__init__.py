"""Data: conversion, splitting, reading files, and small sets drawn from a seed."""
